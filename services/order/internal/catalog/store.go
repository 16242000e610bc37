package catalog

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

func insertProduct(tx *sqldb.Tx, id string, p *orderv1.Product, price money.Amount) {
	tx.Exec(`insert into product (id, display_name, currency, price, created) values ($1, $2, $3, $4, $5)`,
		id, p.GetDisplayName(), price.Currency, price.Minor, p.GetCreateTime().AsTime().UnixMicro()).
		Refuse("product_pkey", errs.AlreadyExists(p.GetName()))
	tx.Exec(`insert into stock (product_id, on_hand, held) values ($1, 0, 0)`, id)
}

const selectProducts = `select id, display_name, currency, price, created from product`

// ScanProduct reads one row of SelectProducts.
func ScanProduct(r *sqldb.Rows) (*orderv1.Product, error) {
	var id string
	var price money.Amount
	var created int64
	p := &orderv1.Product{}
	err := r.Scan(&id, &p.DisplayName, &price.Currency, &price.Minor, &created)
	p.Name = collection + id
	p.UnitPrice = price.Proto()
	p.CreateTime = timestamppb.New(time.UnixMicro(created))
	return p, err
}

// SelectProducts reads the named products; unknown ones are missing.
func SelectProducts(products ...string) *sqldb.Stmt {
	ids := make([]string, len(products))
	for i, name := range products {
		ids[i] = idOf(name)
	}
	list, args := sqldb.List(1, ids)
	return sqldb.Q(selectProducts+` where id in `+list, args...)
}

// Offer is what an order needs to know of a product.
type Offer struct {
	Product string // products/{product}
	Price   money.Amount
}

// SelectOffers reads the offers of the named products; unknown ones are missing.
func SelectOffers(products []string) *sqldb.Stmt {
	ids := make([]string, len(products))
	for i, name := range products {
		ids[i] = idOf(name)
	}
	list, args := sqldb.List(1, ids)
	return sqldb.Q(`select id, currency, price from product where id in `+list, args...)
}

// ScanOffer reads one row of SelectOffers.
func ScanOffer(r *sqldb.Rows) (Offer, error) {
	var o Offer
	err := r.Scan(&o.Product, &o.Price.Currency, &o.Price.Minor)
	o.Product = collection + o.Product
	return o, err
}
