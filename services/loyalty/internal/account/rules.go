package account

import (
	"fmt"

	"kept.dev/kit/money"
)

// maxPoints is the most that a posting or a balance can be.
const maxPoints = 9_000_000_000_000_000

// earned is how many points the goods earn at so many points a whole unit of their currency. Parts of a unit count, parts
// of a point are dropped: the most whole points that are not more than amount times rate.
//
// With a rate of at most 1000, no product here is beyond an int64: units are at most 9·10¹⁵, nanos less than 10⁹.
func earned(goods money.Amount, perUnit int64) (int64, error) {
	m := goods.Proto()
	points := m.GetUnits()*perUnit + int64(m.GetNanos())*perUnit/1_000_000_000
	if points > maxPoints {
		return 0, fmt.Errorf("%d points are more than can be counted", points)
	}
	return points, nil
}
