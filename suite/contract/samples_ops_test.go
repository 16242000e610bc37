package contract_test

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

func opsSamples() map[string]sample {
	return map[string]sample{
		opsv1.DeadLetterService_ListDeadLetters_FullMethodName: func(w *fixture) proto.Message {
			w.deadLetter()
			return &opsv1.ListDeadLettersRequest{Parent: "services/" + opsAt, PageSize: 10}
		},
		opsv1.DeadLetterService_GetDeadLetter_FullMethodName: func(w *fixture) proto.Message {
			return &opsv1.GetDeadLetterRequest{Name: w.deadLetter()}
		},
		opsv1.DeadLetterService_ReplayDeadLetter_FullMethodName: func(w *fixture) proto.Message {
			return &opsv1.ReplayDeadLetterRequest{Name: w.deadLetter()}
		},
		opsv1.DeadLetterService_DropDeadLetter_FullMethodName: func(w *fixture) proto.Message {
			return &opsv1.DropDeadLetterRequest{Name: w.deadLetter()}
		},
		opsv1.AuditService_ListAuditEntries_FullMethodName: func(*fixture) proto.Message {
			past := time.Now().Add(-3 * time.Second).UTC().Format(time.RFC3339) // what is read now is noted meanwhile
			return &opsv1.ListAuditEntriesRequest{Parent: "services/" + opsAt, PageSize: 10, Filter: fmt.Sprintf("create_time < %q", past)}
		},
		opsv1.SandboxService_GetClock_FullMethodName: func(*fixture) proto.Message {
			return &opsv1.GetClockRequest{Name: "sandbox/clock"}
		},
		opsv1.SandboxService_AdvanceClock_FullMethodName: func(*fixture) proto.Message {
			return &opsv1.AdvanceClockRequest{Name: "sandbox/clock", Duration: &durationpb.Duration{Seconds: 1}}
		},
		opsv1.ActivityService_ReportActivity_FullMethodName: func(*fixture) proto.Message {
			return &opsv1.ReportActivityRequest{}
		},
	}
}
