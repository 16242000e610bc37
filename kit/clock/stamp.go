package clock

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// Stamp is a moment as the contract has it, from microseconds since 1970 as a column has it; nil for NULL.
func Stamp(micros *int64) *timestamppb.Timestamp {
	if micros == nil {
		return nil
	}
	return timestamppb.New(time.UnixMicro(*micros))
}
