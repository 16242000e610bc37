package customer

import (
	"errors"
	"time"

	"kept.dev/kit/errs"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Bounds of the codes by which e-mail addresses are confirmed. A customer gets so many within a day, and so does an address, whoever
// asks: it may be a stranger's. Beyond that each customer still gets the first ones to it, so that nobody can keep its owner out by
// asking for it before, until there are far too many.
const (
	codesADay  = 5
	firstCodes = 2
	mostCodes  = 20
	codesDay   = 24 * time.Hour
	codeIsGood = time.Hour
	codeTries  = 5
)

// CodePurpose is what codes are signed for, over the confirmation's id. The notification service, which mails them, makes them as well.
const CodePurpose = "confirm e-mail"

var (
	errEmailConfirmed = errs.Refused("EMAIL_CONFIRMED", "the e-mail address is confirmed already")
	errNoEmail        = errs.Refused("NO_EMAIL", "the customer has no e-mail address")
	errCodeExpired    = errs.Refused("CODE_EXPIRED", "there is no code that is still good; have a new one mailed")
)

// confirmation is a code that was mailed.
type confirmation struct {
	id, email string
}

const (
	countCodes = `
		select
			(select count(*) from email_confirmation where customer_id = $1 and created > $3),
			(select count(*) from email_confirmation where email = $2 and mailed = true and created > $3),
			(select count(*) from email_confirmation where email = $2 and mailed = true and created > $3 and customer_id = $1)`
	deleteOldCodes = `delete from email_confirmation where created <= $1`
	insertCode     = `
		insert into email_confirmation (id, customer_id, email, mailed, tries, created) values ($1, $2, $3, $4, 0, $5)`
)

// newCode begins a confirmation of the customer's address, and returns its id if the code is to be mailed: not where the address
// has had its codes for the day, about which the customer learns nothing.
//
// The customer's row is locked, so that nobody gets more codes by asking many times at once.
//
// Errors: RESOURCE_EXHAUSTED (CODES_EXHAUSTED) where the customer has had theirs.
func newCode(tx *sqldb.Tx, c *customerv1.Customer, now time.Time) (mailed string, err error) {
	email, dayAgo := emailKey(c).Value, now.Add(-codesDay).UnixMicro()
	rows, err := tx.Query(countCodes, idOf(c.GetName()), email, dayAgo)
	if err != nil {
		return "", err
	}
	var customers, addresses, both int64
	if _, err := sqldb.One(rows, func(r *sqldb.Rows) (struct{}, error) { return struct{}{}, r.Scan(&customers, &addresses, &both) }); err != nil {
		return "", err
	}
	if customers >= codesADay {
		return "", errs.Overloaded("CODES_EXHAUSTED", codesDay)
	}
	code, mail := id.New(), addresses < codesADay || both < firstCodes && addresses < mostCodes
	tx.Exec(deleteOldCodes, dayAgo)
	tx.Exec(insertCode, code, idOf(c.GetName()), email, mail, now.UnixMicro())
	if !mail {
		return "", nil
	}
	return code, nil
}

// askForCode begins a confirmation, too, but lets a customer who has had all codes of the day wait for the next without a word.
func askForCode(tx *sqldb.Tx, c *customerv1.Customer, now time.Time) (mailed string, err error) {
	mailed, err = newCode(tx, c, now)
	if errs.ReasonOf(err) == "CODES_EXHAUSTED" {
		return "", nil
	}
	return mailed, err
}

const (
	// The last of a customer is the only one that is good.
	lastCode = `
		select id from email_confirmation where customer_id = $1
		order by created desc, id desc limit 1`
	// Two who try at the same moment wait for each other here, so that there are no more tries than there may be.
	tryCode = `
		update email_confirmation set tries = tries + 1
		where id = (` + lastCode + `) and tries < $2 and created > $3
		returning id, email`
	giveTryBack = `update email_confirmation set tries = tries - 1 where id = $1`
)

func scanConfirmation(rows *sqldb.Rows) (confirmation, error) {
	c, err := sqldb.One(rows, func(r *sqldb.Rows) (c confirmation, err error) {
		return c, r.Scan(&c.id, &c.email)
	})
	if errors.Is(err, sqldb.ErrNoRow) {
		return c, errCodeExpired
	}
	return c, err
}
