package customer

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

const insert = `
	insert into customer (id, version, display_name, language_code, email, phone, email_confirmed, phone_confirmed, region_code,
		addresses, created)
	values`

func insertCustomers(tx *sqldb.Tx, customers ...*customerv1.Customer) error {
	rows := make([][]any, len(customers))
	for i, c := range customers {
		addresses, err := encodeAddresses(c)
		if err != nil {
			return err
		}
		rows[i] = []any{
			idOf(c.GetName()), versionOf(c), c.GetDisplayName(), c.GetLanguageCode(), c.GetEmail(), c.GetPhone(),
			c.GetEmailConfirmed(), c.GetPhoneConfirmed(), c.GetRegionCode(), addresses, c.GetCreateTime().AsTime().UnixMicro(),
		}
	}
	tx.ExecValues(insert, rows, "")
	return nil
}

// Callers who share a transaction (group commit) do not wait for each other's rows, so another may have made a version since this one
// was made. Then the named CHECK customer_version_held refuses, and the caller starts again in a transaction of its own.
const update = `
	update customer set
		version = case when version = $2 then version else 0 end,
		display_name = $3, language_code = $4, email = $5, phone = $6, region_code = $7, addresses = $8,
		email_confirmed = $9, phone_confirmed = $10
	where id = $1`

func updateCustomer(tx *sqldb.Tx, c *customerv1.Customer) error {
	addresses, err := encodeAddresses(c)
	if err != nil {
		return err
	}
	tx.Exec(update, idOf(c.GetName()), versionOf(c), c.GetDisplayName(), c.GetLanguageCode(), c.GetEmail(), c.GetPhone(),
		c.GetRegionCode(), addresses, c.GetEmailConfirmed(), c.GetPhoneConfirmed())
	return nil
}

const columns = `id, version, display_name, language_code, email, phone, email_confirmed, phone_confirmed, region_code,
	addresses, created`

func scan(r *sqldb.Rows) (*customerv1.Customer, error) {
	var id string
	var version, created int64
	var addresses []byte
	c := &customerv1.Customer{}
	err := r.Scan(&id, &version, &c.DisplayName, &c.LanguageCode, &c.Email, &c.Phone,
		&c.EmailConfirmed, &c.PhoneConfirmed, &c.RegionCode, &addresses, &created)
	if err != nil {
		return nil, err
	}
	c.Name, c.Etag = collection+id, etag(version)
	c.CreateTime = timestamppb.New(time.UnixMicro(created))
	return c, decodeAddresses(addresses, c)
}

func etag(version int64) string { return strconv.FormatInt(version, 10) }

// versionOf is the customer's version, which the etag shows.
func versionOf(c *customerv1.Customer) int64 {
	n, _ := strconv.ParseInt(c.GetEtag(), 10, 64) // made by us, always a number
	return n
}

// Addresses are kept in one column, as a customer that has nothing else: they are only ever read and written together.
func encodeAddresses(c *customerv1.Customer) ([]byte, error) {
	raw, err := proto.Marshal(&customerv1.Customer{Addresses: c.GetAddresses()})
	if raw == nil {
		raw = []byte{}
	}
	return raw, err
}

func decodeAddresses(raw []byte, c *customerv1.Customer) error {
	return proto.UnmarshalOptions{Merge: true}.Unmarshal(raw, c)
}
