package insight

// fifths is how many scores there are; a score is 1 and the number of whole fifths of customers who have strictly less.
const fifths = 5

// ranks are the places, from 0, of those who stand at the floors of scores 2 to 5, among so many in ascending order.
//
// Who has a score of k or more has at least n(k-1)/5 below: that are m, the next whole number. So exactly they have more than
// the m-th has, and ties need no look: whoever has the same is above the floor, or not, alike.
func ranks(n int64) (places [fifths - 1]int64) {
	for i := range places {
		k := int64(i + 2)
		m := (n*(k-1) + fifths - 1) / fifths
		places[i] = max(0, m-1)
	}
	return places
}
