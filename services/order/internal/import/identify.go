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

// identify asks the customer service who the customers of the documents are, and has it create those whom nobody knows; a dry run only
// asks. Rows whose customer can't be understood become faulty. The request has an id made from the place in the file, so that one that is
// repeated after a crash is answered as before: with those who were new.
func (s *Service) identify(ctx context.Context, j job, b *batch) ([]identified, error) {
	req := &customerv1.ImportCustomersRequest{
		Issuer: j.GetIssuer(), ValidateOnly: j.GetValidateOnly(),
		RequestId: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s#%d+%d", j.GetName(), j.GetProcessedSize(), stepRows)).String(),
	}
	who := make([]int, len(b.documents)) // which record is the document's
	for i, d := range b.documents {
		if last := len(req.GetRecords()) - 1; last < 0 || !proto.Equal(req.GetRecords()[last], d.customer) {
			req.Records = append(req.Records, d.customer)
		}
		who[i] = len(req.GetRecords()) - 1
	}
	if len(req.GetRecords()) == 0 {
		return nil, nil
	}
	res, err := s.customers().ImportCustomers(ctx, req)
	if err != nil {
		return nil, err
	}
	return b.spread(who, res.GetResults()), nil
}

// spread gives each document what was answered of its record. Of several of a new customer, the first has brought them.
func (b *batch) spread(who []int, results []*customerv1.ImportCustomersResponse_Result) []identified {
	found := make([]identified, 0, len(b.documents))
	understood := b.documents[:0]
	said := -1
	for i, d := range b.documents {
		result := results[who[i]]
		if result.GetFault() != "" {
			b.blame(d, result.GetFault())
			continue
		}
		understood = append(understood, d)
		found = append(found, identified{name: result.GetCustomer(), created: result.GetCreated() && who[i] != said})
		said = who[i]
	}
	b.documents = understood
	return found
}

// blame makes the rows of a document faulty.
func (b *batch) blame(d *document, fault string) {
	for _, i := range d.rows {
		b.rows[i].fault = fault
	}
}
