package imports

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// key tells a row of an order from all others but its equals: whose it is, when it was, and its values.
type key [sha256.Size]byte

// keyOf is the key of a document. What has a number is known by it alone, for each issuer. Else a customer of the other system is known
// by the id there, which stays what it is whatever becomes of the customer here.
func keyOf(issuer string, d *document, customer string) key {
	kind := map[bool]string{false: saleKey, true: returnKey}[d.isReturn]
	if d.number != "" {
		return keyFrom(kind, issuer, d.number)
	}
	r := d.customer
	who := cmp.Or(customer, r.GetEmail(), r.GetPhone()) // who would be created in a dry run has no name yet
	if r.GetExternalId() != "" {
		who = "id " + issuer + " " + r.GetExternalId()
	}
	l := d.lines[0]
	return keyFrom(kind, who, strconv.FormatInt(d.placed.UnixMicro(), 10), l.Product, strconv.FormatInt(l.Quantity, 10),
		strconv.FormatInt(d.goods, 10), d.currency)
}

// What keys begin with: an order and what was given back of it may have one number.
const (
	saleKey   = "sale"
	returnKey = "return"
)

func keyFrom(parts ...string) key { return sha256.Sum256([]byte(strings.Join(parts, "\x00"))) }

// digest tells what a document says from all else that it could say of the same.
func (d *document) digest(customer string) int64 {
	text := fmt.Sprintf("%q %d %q %v %d %q %q %d", customer, d.placed.UnixMicro(), d.currency, d.lines, d.state, d.reason, d.note,
		[]int64{d.goods, d.delivery, d.tax, d.addedTax, d.discount, d.refunded})
	sum := sha256.Sum256([]byte(text))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// hash is the key in short, for counting how often it has been met in a file. Should two keys have the same, their rows are
// numbered together, and always in the same way.
func (k key) hash() int64 { return int64(binary.BigEndian.Uint64(k[:8])) }

// orderID is the id of the row that is the n-th with this key: a UUID of version 8 (RFC 9562, 5.8) that begins with the time of
// the order, as others begin with the time of their making, and goes on with a hash where others have chance.
func (k key) orderID(placed time.Time, n int64) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(k[:], uint64(n)))
	u := uuid.UUID(sum[:16])
	binary.BigEndian.PutUint64(u[:8], uint64(max(0, placed.UnixMilli()))<<16|uint64(binary.BigEndian.Uint16(sum[16:])))
	u[6] = 8<<4 | u[6]&0x0F
	u[8] = 0x80 | u[8]&0x3F
	return u.String()
}
