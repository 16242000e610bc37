package customer

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

func insertCustomer(tx *sqldb.Tx, c *customerv1.Customer) {
	tx.Exec(`insert into customer (id, display_name, language_code, created) values ($1, $2, $3, $4)`,
		idOf(c.GetName()), c.GetDisplayName(), c.GetLanguageCode(), c.GetCreateTime().AsTime().UnixMicro())
}

const selectCustomer = `select id, display_name, language_code, created from customer where id = $1`

func scanCustomer(r *sqldb.Rows) (*customerv1.Customer, error) {
	var id string
	var created int64
	c := &customerv1.Customer{}
	err := r.Scan(&id, &c.DisplayName, &c.LanguageCode, &created)
	c.Name = collection + id
	c.CreateTime = timestamppb.New(time.UnixMicro(created))
	return c, err
}
