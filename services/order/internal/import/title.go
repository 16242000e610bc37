package imports

import (
	"cmp"
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// titleFaults are columns that a file should have and has not.
type titleFaults []errs.Field

func (f titleFaults) Error() string { return f[0].Path + ": " + f[0].Description }

// columnIndex is in which column each value is.
type columnIndex map[string]int

// place finds the column of each value: under the title that the mapping gives, else under one that the preset knows, else under its own
// name.
func place(i *orderv1.Import, titles []string) (columnIndex, titleFaults) {
	where := map[string][]int{}
	for n, title := range titles {
		if title = folded(title); title != "" {
			where[title] = append(where[title], n)
		}
	}
	at, faults := columnIndex{}, titleFaults(nil)
	mapping := i.GetMapping().ProtoReflect()
	fields := (&orderv1.Import_Mapping{}).ProtoReflect().Descriptor().Fields()
	for n := range fields.Len() {
		name := string(fields.Get(n).Name())
		title := titleOf(mapping, fields.Get(n))
		places, used := pick(where, candidates(i, name, title))
		fault := errs.Field{Path: "import.mapping." + name}
		switch {
		case len(places) == 1:
			at[name] = places[0]
			continue
		case len(places) > 1:
			fault.Description = fmt.Sprintf("the file has %d columns %q; name them differently", len(places), used)
		case title != "":
			fault.Description = fmt.Sprintf("the first line of the file has no column %q", title)
		default:
			continue
		}
		faults = append(faults, fault)
	}
	return at, append(faults, at.missing(i)...)
}

// candidates are the titles that a value's column may have.
func candidates(i *orderv1.Import, name, title string) []string {
	if title != "" {
		return []string{title}
	}
	return append(presets[i.GetPreset()].titles[name], name)
}

func pick(where map[string][]int, titles []string) (places []int, title string) {
	for _, title := range titles {
		if places := where[folded(title)]; len(places) > 0 {
			return places, title
		}
	}
	return nil, ""
}

func folded(title string) string { return strings.ToLower(strings.TrimSpace(title)) }

func titleOf(mapping protoreflect.Message, field protoreflect.FieldDescriptor) string {
	if !mapping.IsValid() {
		return ""
	}
	return mapping.Get(field).String()
}

// missing are values that rows need and for which there is no column.
func (at columnIndex) missing(i *orderv1.Import) (faults titleFaults) {
	has := func(names ...string) bool {
		for _, name := range names {
			if _, there := at[name]; there {
				return true
			}
		}
		return false
	}
	need := func(name string, there bool, hint string) {
		if !there {
			faults = append(faults, errs.Field{Path: "import.mapping." + name, Description: "must name a column of the file" + hint})
		}
	}
	orders := i.GetRowType() == orderv1.Import_ORDER
	need("customer_id", has("customer_id", "email", "phone") || orders && has("order_id"),
		", or there must be one for email or phone: they tell whose a row is")
	if orders {
		need("ordered", has("ordered"), ": it says when an order was placed")
		need("amount", has("amount", "unit_price"), ", or there must be one for unit_price: they say what was paid")
		need("product_id", has("product_id", "product_display_name") || i.GetProductId() != "",
			", or there must be one for product_display_name, or import.product_id must say what was bought")
		need("currency_code", has("currency_code") || i.GetCurrencyCode() != "", ", or import.currency_code must say it")
	}
	return faults
}

// summarized are the file's columns as the summary has them.
func (at columnIndex) summarized(titles []string) []*orderv1.Import_Summary_Column {
	fields := map[int]string{}
	for name, n := range at {
		fields[n] = cmp.Or(fields[n], name)
	}
	all := make([]*orderv1.Import_Summary_Column, len(titles))
	for n, title := range titles {
		all[n] = &orderv1.Import_Summary_Column{Title: title, Field: fields[n]}
	}
	return all
}
