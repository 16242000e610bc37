// Package backup copies what the suite has to outlive its machine, as of one moment across the services, and puts it back.
//
// Services tell each other what happened, so a backup must not hold what followed from an event without the event itself.
// The embedded suite holds all its writers for a moment and copies from there. The distributed one holds those who take
// in events: what they have had by then was written before, in whatever database is looked at after. The other way round, an
// event that somebody has not had yet, is mended after the restore: all events of the last days are published again,
// and consumers know what they have had.
package backup
