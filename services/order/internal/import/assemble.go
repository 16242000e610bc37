package imports

import (
	"fmt"
	"math/bits"
)

// mulDiv is a*b/c, without what is lost of a product beyond 64 bits.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// maxLines is how many rows an order can have.
const maxLines = stepRows - 1

// assemble puts the rows of orders together. Where the file goes on, the last order may do so, too: it is left for the next step, unless
// it is all there is.
func (b *batch) assemble(f csvForm) {
	groups := b.groups()
	switch last := len(groups) - 1; {
	case b.last || last < 0:
	case last == 0 && groups[0][len(groups[0])-1] < len(b.rows)-1: // a row that is too long stands behind it
	case last == 0:
		b.refuse(groups[0], 0, fmt.Errorf("an order can have at most %d rows, and %d bytes", maxLines, window))
		return
	default:
		b.leave(groups[last][0])
		groups = groups[:last]
	}
	for _, g := range groups {
		b.read(f, g)
	}
}

// groups are the rows that stand together with one number. A row without one that goes on after another is of its order.
func (b *batch) groups() (groups [][]int) {
	for i := range b.rows {
		r := &b.rows[i]
		last := len(groups) - 1
		switch {
		case r.fault != "":
			continue
		case last >= 0 && (r.number == "" || r.number == b.rows[groups[last][0]].number):
			groups[last] = append(groups[last], i)
		case r.number == "":
			r.fault = "order_id is missing"
		default:
			groups = append(groups, []int{i})
		}
	}
	return groups
}

// leave has the step end before a row.
func (b *batch) leave(row int) {
	b.offset, b.lines = b.rows[row].offset, b.rows[row].line-1
	b.rows, b.last = b.rows[:row], false
}

// read understands the rows of one order. What is wrong with one of them keeps the whole order out: half of it would be wrong.
func (b *batch) read(f csvForm, group []int) {
	rows := make([]row, len(group))
	for n, i := range group {
		rows[n] = b.rows[i]
		rows[n].number = b.rows[group[0]].number
	}
	if len(group) > maxLines {
		b.refuse(group, 0, fmt.Errorf("an order can have at most %d rows", maxLines))
		return
	}
	for i := group[0]; i < group[len(group)-1]; i++ {
		if b.rows[i].fault != "" {
			b.refuse(group, -1, fmt.Errorf("line %d: %s", b.rows[i].line, b.rows[i].fault))
			return
		}
	}
	d, faulty, err := f.document(rows)
	if err != nil {
		b.refuse(group, faulty, err)
		return
	}
	d.rows = group
	b.documents = append(b.documents, d)
}

// refuse makes all rows of an order faulty, for the fault of one of them.
func (b *batch) refuse(group []int, faulty int, err error) {
	b.refused = append(b.refused, b.rows[group[0]].number)
	for n, i := range group {
		if b.rows[i].fault = err.Error(); n != faulty {
			b.rows[i].fault = fmt.Sprintf("its order %.64s is not taken in: %s", b.rows[group[0]].number, err)
			if faulty >= 0 {
				b.rows[i].fault = fmt.Sprintf("its order %.64s is not taken in, because of line %d", b.rows[group[0]].number, b.rows[group[faulty]].line)
			}
		}
	}
}
