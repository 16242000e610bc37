package imports

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kept.dev/services/order/internal/order"
)

// key tells a row of an order from all others but its equals: whose it is, when it was, and its values.
type key [sha256.Size]byte

// keyOf is the key of an order of a customer. A customer of the other system is known by the id there, which stays what it is
// whatever becomes of the customer here.
func keyOf(issuer, externalID string, o order.Imported) key {
	who := "id " + issuer + " " + externalID
	if externalID == "" {
		who = o.Customer
	}
	return sha256.Sum256([]byte(strings.Join([]string{
		who, strconv.FormatInt(o.Placed.UnixMicro(), 10), o.Product, strconv.FormatInt(o.Quantity, 10),
		strconv.FormatInt(o.Amount.Minor, 10), o.Amount.Currency,
	}, "\x00")))
}

// hash is the key in short, for counting how often it has been met in a file. Should two keys have the same, their rows are
// numbered together, and always in the same way.
func (k key) hash() int64 { return int64(binary.BigEndian.Uint64(k[:8])) }

// orderID is the id of the row that is the n-th with this key: a UUID of version 8 (RFC 9562, 5.8) that begins with the time of
// the order, as others begin with the time of their making, and goes on with a hash where others have chance.
func (k key) orderID(o order.Imported, n int64) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(k[:], uint64(n)))
	u := uuid.UUID(sum[:16])
	binary.BigEndian.PutUint64(u[:8], uint64(max(0, o.Placed.UnixMilli()))<<16|uint64(binary.BigEndian.Uint16(sum[16:])))
	u[6] = 8<<4 | u[6]&0x0F
	u[8] = 0x80 | u[8]&0x3F
	return u.String()
}
