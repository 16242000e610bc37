package account

import "strings"

const (
	customerCollection = "customers/"
	programCollection  = "programs/"
)

func customerID(name string) string { return strings.TrimPrefix(name, customerCollection) }
func programID(name string) string  { return strings.TrimPrefix(name, programCollection) }

// holder is whose account it is, and in which programme.
type holder struct{ program, customer string }

// holderOf reads an account's name, which the contract has checked.
func holderOf(name string) holder {
	program, customer, _ := strings.Cut(programID(name), "/accounts/")
	return holder{program, customer}
}

func (h holder) name() string { return programCollection + h.program + "/accounts/" + h.customer }

func (h holder) posting(id string) string { return h.name() + "/postings/" + id }

func (h holder) customerName() string { return customerCollection + h.customer }

// compare sorts as names do.
func (h holder) compare(other holder) int {
	if h.program != other.program {
		return strings.Compare(h.program+"/", other.program+"/")
	}
	return strings.Compare(h.customer, other.customer)
}

// visibleTo tells whether a caller whose scope is the given customer may know of the account.
func (h holder) visibleTo(scope string) bool { return scope == "" || scope == h.customerName() }
