package contact

import (
	"errors"

	"kept.dev/kit/sqldb"
)

const upsert = `
	insert into contact (customer, version, display_name, language_code, email, email_confirmed)
	values ($1, $2, $3, $4, $5, $6)
	on conflict (customer) do update set
		version = excluded.version, display_name = excluded.display_name,
		language_code = excluded.language_code, email = excluded.email,
		email_confirmed = excluded.email_confirmed
	where contact.version < excluded.version`

// Keep writes the contact down, unless a later one is there.
func Keep(tx *sqldb.Tx, c Contact) {
	tx.Exec(upsert, c.Customer, c.version, c.DisplayName, c.LanguageCode, c.Email, c.EmailConfirmed)
}

const (
	selectContacts = `select customer, version, display_name, language_code, email, email_confirmed from contact`
	selectContact  = selectContacts + ` where customer = $1`
)

// Select reads a customer's contact in a transaction; Scan takes the answer.
func Select(customer string) *sqldb.Stmt { return sqldb.Q(selectContact, customer) }

// Scan reads what Select found, if anything.
func Scan(rows *sqldb.Rows) (c Contact, known bool, err error) {
	c, err = sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return Contact{}, false, nil
	}
	return c, err == nil, err
}

func scan(r *sqldb.Rows) (c Contact, err error) {
	return c, r.Scan(&c.Customer, &c.version, &c.DisplayName, &c.LanguageCode, &c.Email, &c.EmailConfirmed)
}
