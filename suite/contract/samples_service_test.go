package contract_test

import (
	"strings"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func loyaltySamples() map[string]sample {
	return map[string]sample{
		loyaltyv1.ProgramService_CreateProgram_FullMethodName: func(*fixture) proto.Message {
			return &loyaltyv1.CreateProgramRequest{ProgramId: freshID(), Program: aProgram()}
		},
		loyaltyv1.ProgramService_VerifyLedger_FullMethodName: func(*fixture) proto.Message {
			return &loyaltyv1.VerifyLedgerRequest{Name: "programs/main"}
		},
		loyaltyv1.AccountService_GetAccount_FullMethodName: func(w *fixture) proto.Message {
			return &loyaltyv1.GetAccountRequest{Name: w.account()}
		},
		loyaltyv1.AccountService_ListAccounts_FullMethodName: func(*fixture) proto.Message {
			return &loyaltyv1.ListAccountsRequest{Parent: "programs/main", PageSize: 1000}
		},
		loyaltyv1.AccountService_GetPosting_FullMethodName: func(w *fixture) proto.Message {
			return &loyaltyv1.GetPostingRequest{Name: w.posting()}
		},
		loyaltyv1.AccountService_ListPostings_FullMethodName: func(w *fixture) proto.Message {
			return &loyaltyv1.ListPostingsRequest{Parent: w.account(), PageSize: 10}
		},
		loyaltyv1.AccountService_CreditGoodwill_FullMethodName: func(w *fixture) proto.Message {
			return &loyaltyv1.CreditGoodwillRequest{
				Name: w.account(), Points: 10, Reason: "A birthday " + freshID(), About: w.placed().GetName(),
			}
		},
	}
}

func aProgram() *loyaltyv1.Program {
	return &loyaltyv1.Program{DisplayName: "Points", PointsPerUnit: 2, CurrencyCode: "PLN"} // nothing here is paid in it
}

// account is the own customer's account.
func (w *fixture) account() string {
	return "programs/main/accounts/" + strings.TrimPrefix(w.own.Subject, "customers/")
}

func notificationSamples() map[string]sample {
	return map[string]sample{
		notificationv1.TemplateService_GetTemplate_FullMethodName: func(*fixture) proto.Message {
			return &notificationv1.GetTemplateRequest{Name: "templates/order-cancelled", Version: 1}
		},
		notificationv1.TemplateService_ListTemplates_FullMethodName: func(*fixture) proto.Message {
			return &notificationv1.ListTemplatesRequest{PageSize: 1000}
		},
		notificationv1.TemplateService_UpdateTemplate_FullMethodName: func(w *fixture) proto.Message {
			t := ask(w, "notification", notificationv1.TemplateService_GetTemplate_FullMethodName,
				&notificationv1.GetTemplateRequest{Name: "templates/order-returned"}, &notificationv1.Template{})
			t.Texts = []*notificationv1.Template_Text{{LanguageCode: "en", Title: "Your order is back", Body: "Thank you. " + freshID()}}
			return &notificationv1.UpdateTemplateRequest{Template: t, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"texts"}}}
		},
		notificationv1.MessageService_GetMessage_FullMethodName: func(w *fixture) proto.Message {
			return &notificationv1.GetMessageRequest{Name: w.message().GetName()}
		},
		notificationv1.MessageService_ListMessages_FullMethodName: func(w *fixture) proto.Message {
			w.message()
			return &notificationv1.ListMessagesRequest{
				PageSize: 1000, Filter: `event_type = "kept.order.v1.ShortageReported"`, OrderBy: "create_time desc",
			}
		},
		notificationv1.MessageService_StreamMessages_FullMethodName: func(w *fixture) proto.Message {
			first := w.message()
			w.message()
			return &notificationv1.StreamMessagesRequest{Parent: w.own.Subject, LastSeen: first.GetName()}
		},
		notificationv1.MessageService_MarkMessageRead_FullMethodName: func(w *fixture) proto.Message {
			return &notificationv1.MarkMessageReadRequest{Name: w.message().GetName()}
		},
		notificationv1.ActionService_GetAction_FullMethodName: func(w *fixture) proto.Message {
			return &notificationv1.GetActionRequest{Name: w.action()}
		},
		notificationv1.ActionService_TakeAction_FullMethodName: func(w *fixture) proto.Message {
			return &notificationv1.TakeActionRequest{Name: w.action()}
		},
	}
}

// message is what the own customer was told of a new shortage.
func (w *fixture) message() *notificationv1.Message {
	order := orderOf(w.shortage())
	w.settle()
	ctx := metadata.AppendToOutgoingContext(w.t.Context(), "authorization", "Bearer "+w.own.token)
	list := &notificationv1.ListMessagesResponse{}
	require.NoError(w.t, w.suite.Channel("notification").Invoke(ctx, notificationv1.MessageService_ListMessages_FullMethodName,
		&notificationv1.ListMessagesRequest{Filter: `about = "` + order + `"`}, list))
	require.Len(w.t, list.GetMessages(), 1)
	return list.GetMessages()[0]
}

// action is a choice that the own customer has.
func (w *fixture) action() string {
	options := w.message().GetOptions()
	require.NotEmpty(w.t, options)
	return options[0].GetAction()
}

func supportSamples() map[string]sample {
	return map[string]sample{
		supportv1.CaseService_CreateCase_FullMethodName: func(w *fixture) proto.Message {
			return &supportv1.CreateCaseRequest{Case: w.aCase()}
		},
		supportv1.CaseService_ListCases_FullMethodName: func(w *fixture) proto.Message {
			w.openCase()
			return &supportv1.ListCasesRequest{PageSize: 1000, Filter: "state = OPEN", OrderBy: "create_time desc"}
		},
		supportv1.CaseService_SearchCases_FullMethodName: func(w *fixture) proto.Message {
			query := w.openCase().GetTitle()
			w.settle() // it is found from a moment later on
			return &supportv1.SearchCasesRequest{Query: query, PageSize: 10}
		},
		supportv1.CaseService_GetCaseEntry_FullMethodName: func(w *fixture) proto.Message {
			return &supportv1.GetCaseEntryRequest{Name: w.caseEntry()}
		},
		supportv1.CaseService_ListCaseEntries_FullMethodName: func(w *fixture) proto.Message {
			return &supportv1.ListCaseEntriesRequest{Parent: w.openCase().GetName(), PageSize: 10}
		},
		supportv1.CaseService_ContactCase_FullMethodName: func(w *fixture) proto.Message {
			return &supportv1.ContactCaseRequest{Name: w.openCase().GetName(), Body: "Any news? " + freshID(), Channel: typepb.Channel_PHONE}
		},
		supportv1.CaseService_AssignCase_FullMethodName: func(w *fixture) proto.Message {
			return &supportv1.AssignCaseRequest{Name: w.openCase().GetName(), Assignee: "agents/anna"}
		},
		supportv1.CaseService_ReplyCase_FullMethodName: func(w *fixture) proto.Message {
			return &supportv1.ReplyCaseRequest{Name: w.openCase().GetName(), Body: "It comes today. " + freshID()}
		},
		supportv1.CaseService_CloseCase_FullMethodName: func(w *fixture) proto.Message {
			return &supportv1.CloseCaseRequest{Name: w.repliedCase().GetName(), Resolution: "It came"}
		},
	}
}

// aCase is a request about a new order.
func (w *fixture) aCase() *supportv1.Case {
	return &supportv1.Case{
		Customer: w.own.Subject, Title: "My order", Description: "Where is it? " + freshID(), About: w.placed().GetName(),
		Kind: supportv1.Case_QUESTION, Channel: typepb.Channel_WEB,
	}
}

func (w *fixture) openCase() *supportv1.Case {
	return ask(w, "support", supportv1.CaseService_CreateCase_FullMethodName, &supportv1.CreateCaseRequest{Case: w.aCase()}, &supportv1.Case{})
}

func (w *fixture) repliedCase() *supportv1.Case {
	opened := w.openCase()
	ask(w, "support", supportv1.CaseService_ReplyCase_FullMethodName,
		&supportv1.ReplyCaseRequest{Name: opened.GetName(), Body: "It comes today."}, &supportv1.CaseEntry{})
	return opened
}

// caseEntry is what the own customer has said in a case.
func (w *fixture) caseEntry() string {
	list := ask(w, "support", supportv1.CaseService_ListCaseEntries_FullMethodName,
		&supportv1.ListCaseEntriesRequest{Parent: w.openCase().GetName()}, &supportv1.ListCaseEntriesResponse{})
	require.NotEmpty(w.t, list.GetCaseEntries())
	return list.GetCaseEntries()[0].GetName()
}

// upTo is the beginning of a name, with so many parts.
func upTo(name string, parts int) string { return strings.Join(strings.Split(name, "/")[:parts], "/") }

// posting is a posting of the own customer's account.
func (w *fixture) posting() string {
	return ask(w, "loyalty", loyaltyv1.AccountService_CreditGoodwill_FullMethodName, &loyaltyv1.CreditGoodwillRequest{
		Name: w.account(), Points: 10, Reason: "A birthday " + freshID(),
	}, &loyaltyv1.Posting{}).GetName()
}
