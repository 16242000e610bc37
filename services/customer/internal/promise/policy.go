package promise

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

const policyCollection = "promisePolicies/"

// policyName is the kind in lower case, such as promisePolicies/delivery.
func policyName(kind promisev1.PromiseKind) string {
	return policyCollection + strings.ReplaceAll(strings.ToLower(kind.String()), "_", "-")
}

// kindOf is the kind whose policy has the name; for none of them PROMISE_KIND_UNSPECIFIED, which has no policy.
func kindOf(name string) promisev1.PromiseKind {
	id, ok := strings.CutPrefix(name, policyCollection)
	if !ok || id != strings.ToLower(id) {
		return promisev1.PromiseKind_PROMISE_KIND_UNSPECIFIED
	}
	return promisev1.PromiseKind(promisev1.PromiseKind_value[strings.ToUpper(strings.ReplaceAll(id, "-", "_"))])
}

const policyColumns = `kind, version, lead, goodwill, open_case, apologize, owner`

func scanPolicy(r *sqldb.Rows) (*customerv1.PromisePolicy, error) {
	var kind, version, lead int64
	p := &customerv1.PromisePolicy{}
	err := r.Scan(&kind, &version, &lead, &p.GoodwillPoints, &p.OpenCase, &p.Apologize, &p.Owner)
	p.Kind = promisev1.PromiseKind(kind)
	p.Name = policyName(p.Kind)
	p.WarningDuration = durationpb.New(time.Duration(lead) * time.Microsecond)
	p.Etag = strconv.FormatInt(version, 10)
	return p, err
}

// readPolicies are the policies by kind. Nothing is set for a kind that is not among them.
func readPolicies(tx *sqldb.Tx) (map[promisev1.PromiseKind]*customerv1.PromisePolicy, error) {
	rows, err := tx.Query(`select ` + policyColumns + ` from promise_policy`)
	if err != nil {
		return nil, err
	}
	all, err := sqldb.All(rows, scanPolicy)
	if err != nil {
		return nil, err
	}
	byKind := map[promisev1.PromiseKind]*customerv1.PromisePolicy{}
	for _, p := range all {
		byKind[p.GetKind()] = p
	}
	return byKind, nil
}
