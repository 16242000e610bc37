package shortage

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// policyName is the name of the only policy.
const policyName = "shortagePolicy"

const policyColumns = `version, answer_duration, default_choice`

const selectPolicy = `select ` + policyColumns + ` from shortage_policy`

func scanPolicy(r *sqldb.Rows) (*orderv1.ShortagePolicy, error) {
	var version, duration, choice int64
	err := r.Scan(&version, &duration, &choice)
	return &orderv1.ShortagePolicy{
		Name: policyName, AnswerDuration: durationpb.New(time.Duration(duration) * time.Microsecond),
		DefaultChoice: orderv1.Shortage_Choice(choice), Etag: strconv.FormatInt(version, 10),
	}, err
}
