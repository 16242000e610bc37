package contract_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/dayofweek"
	"google.golang.org/genproto/googleapis/type/timeofday"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func customerSamples() map[string]sample {
	return map[string]sample{
		customerv1.CompanyService_GetCompany_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.GetCompanyRequest{Name: "company"}
		},
		customerv1.CompanyService_UpdateCompany_FullMethodName: func(w *fixture) proto.Message {
			now := ask(w, "customer", customerv1.CompanyService_UpdateCompany_FullMethodName, // once before: now all have a copy
				&customerv1.UpdateCompanyRequest{Company: &customerv1.Company{Name: "company", DisplayName: "Kava"}}, &customerv1.Company{})
			return &customerv1.UpdateCompanyRequest{
				Company: &customerv1.Company{
					Name: "company", DisplayName: "Kava " + freshID(), LogoUri: "https://kava.example/logo.svg", TimeZone: "UTC", CurrencyCode: "EUR",
					LanguageCodes: []string{"en", "uk"}, RegionCode: "UA", Etag: now.GetEtag(),
					SenderEmail: "service@kava.example", SenderDisplayName: "Kava, service", ReplyEmail: "answers@kava.example",
				},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{
					"display_name", "logo_uri", "time_zone", "currency_code", "language_codes", "region_code", "sender_email",
					"sender_display_name", "reply_email",
				}},
			}
		},
		customerv1.CustomerService_CreateCustomer_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.CreateCustomerRequest{Customer: aCustomer()}
		},
		customerv1.CustomerService_GetCustomer_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.GetCustomerRequest{Name: w.own.Subject}
		},
		customerv1.CustomerService_ListCustomers_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.ListCustomersRequest{PageSize: 10, Filter: `language_code = "uk"`, OrderBy: "create_time desc"}
		},
		customerv1.CustomerService_SearchCustomers_FullMethodName: func(w *fixture) proto.Message {
			w.promise() // all have heard of the customer
			return &customerv1.SearchCustomersRequest{Query: w.ownCustomer().GetDisplayName(), PageSize: 10}
		},
		customerv1.CustomerService_ImportCustomers_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.ImportCustomersRequest{Issuer: "erp", Records: []*customerv1.ImportCustomersRequest_Record{aRecord(), aRecord()}}
		},
		customerv1.CustomerService_UpdateCustomer_FullMethodName: func(w *fixture) proto.Message {
			c := aCustomer()
			c.Name, c.Etag = w.own.Subject, w.ownCustomer().GetEtag()
			return &customerv1.UpdateCustomerRequest{Customer: c, UpdateMask: &fieldmaskpb.FieldMask{
				Paths: []string{"display_name", "language_code", "email", "phone", "region_code", "addresses"},
			}}
		},
		customerv1.CustomerService_ClassifyCustomer_FullMethodName: func(w *fixture) proto.Message {
			was := ask(w, "customer", customerv1.CustomerService_ClassifyCustomer_FullMethodName, // once before: now support has a copy
				&customerv1.ClassifyCustomerRequest{Name: w.own.Subject, CustomerClass: "customerClasses/b", Reason: "Buys now and then"},
				&customerv1.Customer{})
			return &customerv1.ClassifyCustomerRequest{
				Name: w.own.Subject, CustomerClass: w.class().GetName(), Reason: "Buys every week. " + freshID(), Etag: was.GetEtag(),
			}
		},
		customerv1.CalendarService_CreateCalendar_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.CreateCalendarRequest{CalendarId: "desk-" + freshID(), Calendar: aCalendar()}
		},
		customerv1.CalendarService_ImportHolidays_FullMethodName: func(w *fixture) proto.Message {
			c := w.calendar()
			return &customerv1.ImportHolidaysRequest{Name: c.GetName(), Etag: c.GetEtag(), Content: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kept//EN\r\n" +
				"BEGIN:VEVENT\r\nUID:" + freshID() + "\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"}
		},
		customerv1.CalendarService_ComputeDueTime_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.ComputeDueTimeRequest{
				Name: w.calendar().GetName(), StartTime: timestamppb.New(w.suite.Clock.Now()), OpenDuration: durationpb.New(8 * time.Hour),
			}
		},
		customerv1.CustomerClassService_CreateCustomerClass_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.CreateCustomerClassRequest{CustomerClassId: "gold-" + freshID(), CustomerClass: aClass()}
		},
		customerv1.CustomerService_ConfirmEmail_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.ConfirmEmailRequest{Name: w.own.Subject, Code: w.emailCode()}
		},
		customerv1.CustomerService_SendEmailCode_FullMethodName: func(w *fixture) proto.Message {
			w.emailCode()
			return &customerv1.SendEmailCodeRequest{Name: w.own.Subject, Etag: w.ownCustomer().GetEtag()}
		},
		customerv1.IdentityService_CreateIdentity_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.CreateIdentityRequest{Parent: w.own.Subject, Identity: anIdentity()}
		},
		customerv1.IdentityService_ResolveIdentity_FullMethodName: func(w *fixture) proto.Message {
			i := w.identity()
			return &customerv1.ResolveIdentityRequest{Value: i.GetValue(), Kind: i.GetKind(), Issuer: i.GetIssuer()}
		},
	}
}

func insightSamples() map[string]sample {
	return map[string]sample{
		customerv1.PromiseService_GetPromise_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.GetPromiseRequest{Name: w.promise()}
		},
		customerv1.PromiseService_ListPromises_FullMethodName: func(w *fixture) proto.Message {
			w.promise()
			return &customerv1.ListPromisesRequest{PageSize: 1000, Filter: "state = OPEN", OrderBy: "create_time desc"}
		},
		customerv1.PromiseService_CreatePromise_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.CreatePromiseRequest{Promise: &customerv1.Promise{
				Customer: w.own.Subject, Kind: w.kind().GetName(), About: w.placed().GetName(), Description: "Marta calls back by noon. " + freshID(),
				DueTime: timestamppb.New(w.suite.Clock.Now().Add(48 * time.Hour)), WarningTime: timestamppb.New(w.suite.Clock.Now().Add(40 * time.Hour)),
			}}
		},
		customerv1.PromiseService_KeepPromise_FullMethodName: func(w *fixture) proto.Message {
			p := w.ownPromise()
			return &customerv1.KeepPromiseRequest{Name: p.GetName(), KeepTime: p.GetCreateTime()}
		},
		customerv1.PromiseService_ReleasePromise_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.ReleasePromiseRequest{Name: w.ownPromise().GetName(), Reason: "She has found the answer herself. " + freshID()}
		},
		customerv1.PromiseKindService_CreatePromiseKind_FullMethodName: func(w *fixture) proto.Message {
			kind := aKind()
			kind.LeadDuration, kind.Calendar = durationpb.New(16*time.Hour), w.calendar().GetName()
			return &customerv1.CreatePromiseKindRequest{PromiseKindId: "call-back-" + freshID(), PromiseKind: kind}
		},
		customerv1.PromiseKindService_ListPromiseKinds_FullMethodName: func(w *fixture) proto.Message {
			w.kind()
			return &customerv1.ListPromiseKindsRequest{PageSize: 10, Filter: `service = "customer" AND NOT retired`}
		},
		customerv1.TimelineService_ListTimelineEntries_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.ListTimelineEntriesRequest{
				Parent: w.own.Subject, PageSize: 10, Filter: `event_type = "kept.order.v1.OrderPlaced"`, OrderBy: "event_time desc",
			}
		},
		customerv1.TimelineService_StreamTimelineEntries_FullMethodName: func(w *fixture) proto.Message {
			return &customerv1.StreamTimelineEntriesRequest{Parent: w.own.Subject, LastSeen: w.entry()}
		},
		customerv1.ScorecardService_GetScorecard_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.GetScorecardRequest{Name: "scorecard"}
		},
		customerv1.InsightService_GetRfmReport_FullMethodName: func(*fixture) proto.Message {
			return &customerv1.GetRfmReportRequest{Name: "insights/EUR/rfmReport"}
		},
		customerv1.InsightService_GetRfmScore_FullMethodName: func(w *fixture) proto.Message {
			w.promise() // an order that all have heard of
			return &customerv1.GetRfmScoreRequest{Name: "insights/EUR/rfmScores/" + strings.TrimPrefix(w.own.Subject, "customers/")}
		},
		customerv1.InsightService_ListRfmScores_FullMethodName: func(w *fixture) proto.Message {
			w.promise()
			return &customerv1.ListRfmScoresRequest{
				Parent: "insights/EUR", PageSize: 10, Filter: "monetary_score >= 1", OrderBy: "order_count desc",
			}
		},
		customerv1.InsightService_GetSalesMonth_FullMethodName: func(w *fixture) proto.Message {
			w.promise()
			months := ask(w, "customer", customerv1.InsightService_ListSalesMonths_FullMethodName,
				&customerv1.ListSalesMonthsRequest{Parent: "insights/EUR"}, &customerv1.ListSalesMonthsResponse{})
			return &customerv1.GetSalesMonthRequest{Name: months.GetSalesMonths()[0].GetName()}
		},
		customerv1.InsightService_ListSalesMonths_FullMethodName: func(w *fixture) proto.Message {
			w.promise()
			return &customerv1.ListSalesMonthsRequest{Parent: "insights/EUR", PageSize: 10}
		},
	}
}

// aCalendar is a service desk's.
func aCalendar() *customerv1.Calendar {
	hours := func(from, to int32) *customerv1.Calendar_Hours {
		return &customerv1.Calendar_Hours{StartTime: &timeofday.TimeOfDay{Hours: from}, EndTime: &timeofday.TimeOfDay{Hours: to, Minutes: 30}}
	}
	return &customerv1.Calendar{
		DisplayName: "Service desk " + freshID(), TimeZone: "Europe/Kyiv",
		Shifts: []*customerv1.Calendar_Shift{{
			Days: []dayofweek.DayOfWeek{dayofweek.DayOfWeek_MONDAY, dayofweek.DayOfWeek_SATURDAY}, Hours: hours(9, 17),
			Breaks: []*customerv1.Calendar_Hours{hours(12, 12)},
		}},
		Holidays: []*customerv1.Calendar_Holiday{{
			Date: &date.Date{Year: 2026, Month: 12, Day: 24}, DisplayName: "Christmas Eve", Hours: []*customerv1.Calendar_Hours{hours(9, 11)},
		}},
	}
}

func (w *fixture) calendar() *customerv1.Calendar {
	return ask(w, "customer", customerv1.CalendarService_CreateCalendar_FullMethodName,
		&customerv1.CreateCalendarRequest{CalendarId: "desk-" + freshID(), Calendar: aCalendar()}, &customerv1.Calendar{})
}

// lastRank is the rank of the last class that was made.
var lastRank atomic.Int32

func aClass() *customerv1.CustomerClass {
	return &customerv1.CustomerClass{
		DisplayName: "Gold " + freshID(), Rank: 100 + lastRank.Add(1), Description: "Answered within the hour. " + freshID(),
	}
}

func (w *fixture) class() *customerv1.CustomerClass {
	return ask(w, "customer", customerv1.CustomerClassService_CreateCustomerClass_FullMethodName,
		&customerv1.CreateCustomerClassRequest{CustomerClassId: "gold-" + freshID(), CustomerClass: aClass()}, &customerv1.CustomerClass{})
}

// aKind is a kind of promise that agents make.
func aKind() *customerv1.PromiseKind {
	return &customerv1.PromiseKind{
		DisplayName: "A call back " + freshID(), WarningDuration: &durationpb.Duration{Seconds: 7200}, Owner: "queues/front",
		CreatorRoles: []accessv1.Role{accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN, accessv1.Role_ROLE_SERVICE},
		Remedies:     []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: 1 + rand.Int64N(900_000)}, {Type: typepb.Remedy_APOLOGY}},
	}
}

func (w *fixture) kind() *customerv1.PromiseKind {
	return ask(w, "customer", customerv1.PromiseKindService_CreatePromiseKind_FullMethodName,
		&customerv1.CreatePromiseKindRequest{PromiseKindId: "call-back-" + freshID(), PromiseKind: aKind()}, &customerv1.PromiseKind{})
}

// ownPromise is a promise to the own customer that was made over the API.
func (w *fixture) ownPromise() *customerv1.Promise {
	return ask(w, "customer", customerv1.PromiseService_CreatePromise_FullMethodName, &customerv1.CreatePromiseRequest{
		Promise: &customerv1.Promise{Customer: w.own.Subject, Kind: w.kind().GetName(), DueTime: timestamppb.New(w.suite.Clock.Now().Add(48 * time.Hour))},
	}, &customerv1.Promise{})
}

// aCustomer is a customer whom nobody knows yet.
func aCustomer() *customerv1.Customer {
	fresh := freshID()
	return &customerv1.Customer{
		DisplayName: "Olha " + fresh, LanguageCode: "uk", Email: fresh + "@example.org", RegionCode: "UA", Phone: "044 " + digits(7),
		Addresses: []*customerv1.Customer_Address{{Label: "Home", Address: anAddress("Home 3")}},
	}
}

// aRecord is a customer whom another system knows and we do not.
func aRecord() *customerv1.ImportCustomersRequest_Record {
	c := aCustomer()
	return &customerv1.ImportCustomersRequest_Record{
		ExternalId: freshID(), DisplayName: c.GetDisplayName(), LanguageCode: c.GetLanguageCode(), Email: c.GetEmail(),
		Phone: c.GetPhone(), RegionCode: c.GetRegionCode(),
	}
}

// digits are so many digits.
func digits(n int) string {
	var out strings.Builder
	for range n {
		out.WriteByte(byte('0' + rand.IntN(10)))
	}
	return out.String()
}

func anIdentity() *customerv1.Identity {
	return &customerv1.Identity{Kind: customerv1.Identity_EXTERNAL_ID, Issuer: "erp", Value: "K-" + id.New()}
}

// identity is one more identity of the own customer.
func (w *fixture) identity() *customerv1.Identity {
	return ask(w, "customer", customerv1.IdentityService_CreateIdentity_FullMethodName,
		&customerv1.CreateIdentityRequest{Parent: w.own.Subject, Identity: anIdentity()}, &customerv1.Identity{})
}

func (w *fixture) ownCustomer() *customerv1.Customer {
	return ask(w, "customer", customerv1.CustomerService_GetCustomer_FullMethodName,
		&customerv1.GetCustomerRequest{Name: w.own.Subject}, &customerv1.Customer{})
}

// entry is an entry of the own customer's timeline, and not the last.
func (w *fixture) entry() string {
	w.placed()
	w.settle()
	list := ask(w, "customer", customerv1.TimelineService_ListTimelineEntries_FullMethodName,
		&customerv1.ListTimelineEntriesRequest{Parent: w.own.Subject, PageSize: 2}, &customerv1.ListTimelineEntriesResponse{})
	return list.GetTimelineEntries()[1].GetName()
}

// emailCode has the own customer set an e-mail address, a day after the last, and reads the code that comes to it.
func (w *fixture) emailCode() string {
	w.advance(&durationpb.Duration{Seconds: 25 * 3600})
	email := freshID() + "@example.org"
	ctx := metadata.AppendToOutgoingContext(w.t.Context(), "authorization", "Bearer "+w.own.token)
	require.NoError(w.t, w.suite.Channel("customer").Invoke(ctx, customerv1.CustomerService_UpdateCustomer_FullMethodName,
		&customerv1.UpdateCustomerRequest{Customer: &customerv1.Customer{Name: w.own.Subject, Email: email}}, &customerv1.Customer{}))
	w.settle()
	mails := w.env.Mails(email)
	require.Len(w.t, mails, 1)
	return regexp.MustCompile(`[0-9]{6}`).FindString(mails[0].Text)
}
