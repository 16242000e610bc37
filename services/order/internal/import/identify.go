package imports

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// identified is who the customer of a row is.
type identified struct {
	name    string
	created bool
}

// identify asks the customer service who the customers of the rows are, and has it create those whom nobody knows. Rows whose
// customer can't be understood become faulty. The request has an id made from the place in the file, so that one that is
// repeated after a crash is answered as before: with those who were new.
func (s *Service) identify(ctx context.Context, j job, rows []row) ([]identified, error) {
	req := &customerv1.ImportCustomersRequest{
		Issuer:    j.GetIssuer(),
		RequestId: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s#%d+%d", j.GetName(), j.GetProcessedSize(), stepRows)).String(),
	}
	who := make([]int, len(rows)) // which record is the row's
	for i, r := range rows {
		switch last := len(req.GetRecords()) - 1; {
		case r.fault != "":
			continue
		case last < 0 || !proto.Equal(req.GetRecords()[last], r.customer):
			req.Records = append(req.Records, r.customer)
		}
		who[i] = len(req.GetRecords()) - 1
	}
	if len(req.GetRecords()) == 0 {
		return make([]identified, len(rows)), nil
	}
	res, err := s.customers().ImportCustomers(ctx, req)
	if err != nil {
		return nil, err
	}
	return spread(rows, who, res.GetResults()), nil
}

// spread gives each row what was answered of its record. Of several rows of a new customer, the first has brought them.
func spread(rows []row, who []int, results []*customerv1.ImportCustomersResponse_Result) []identified {
	found := make([]identified, len(rows))
	said := -1
	for i := range rows {
		if rows[i].fault != "" {
			continue
		}
		result := results[who[i]]
		if rows[i].fault = result.GetFault(); rows[i].fault != "" {
			continue
		}
		found[i] = identified{name: result.GetCustomer(), created: result.GetCreated() && who[i] != said}
		said = who[i]
	}
	return found
}
