package sqldb

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"kept.dev/kit/failpoint"
)

// group runs several callers' closures in one transaction. Each closure either waits for an answer or has ended; what they all
// want to send travels as one pipeline. When all have ended the pipeline carries the commit as well, so a group of
// closures that only write is one round trip altogether, and of closures that ask once it is two.
type group struct {
	members []*member
	begun   bool
	culprit int
	moves   chan move
}

type member struct {
	call    *call
	tx      *Tx
	waiting []*Stmt        // sent in the next round
	replies chan tripReply // wakes the closure that waits for a round
	ended   bool
	refused error // the closure's own error, when it had changed nothing
}

// move is what a closure did: asked for a round trip, or ended.
type move struct {
	member *member
	stmts  []*Stmt
	ended  bool
	err    error
}

type tripReply struct {
	rows []*Rows
	err  error
}

func newGroup(calls []*call) *group {
	g := &group{culprit: -1, moves: make(chan move, len(calls))}
	for _, c := range calls {
		m := &member{call: c, replies: make(chan tripReply, 1)}
		m.tx = &Tx{trip: func(stmts []*Stmt) ([]*Rows, error) {
			g.moves <- move{member: m, stmts: stmts}
			reply := <-m.replies
			return reply.rows, reply.err
		}}
		g.members = append(g.members, m)
	}
	return g
}

func (g *group) run(ctx context.Context, conn *pgx.Conn) error {
	for _, m := range g.members {
		m.call.turns <- &turn{tx: m.tx, done: func(err error) { g.moves <- move{member: m, ended: true, err: err} }}
	}
	running := len(g.members)
	for {
		asking, err := g.gather(running)
		if err == nil {
			err = g.round(ctx, conn, asking == 0)
		}
		if err != nil {
			g.dismiss(classify(err))
			return err
		}
		if asking == 0 {
			return nil
		}
		running = asking
	}
}

// gather waits until every running closure has moved, and returns how many of them wait for an answer.
func (g *group) gather(running int) (asking int, err error) {
	for range running {
		mv := <-g.moves
		m := mv.member
		if !mv.ended {
			m.waiting = mv.stmts
			asking++
			continue
		}
		m.ended = true
		switch {
		case mv.err == nil:
			m.waiting = m.tx.take()
		case m.tx.wrote && err == nil: // its rows are in the transaction: everybody must start again
			err, g.culprit = mv.err, slices.Index(g.members, m)
		default:
			m.refused = mv.err
		}
	}
	return asking, err
}

// round sends what the members want, hot statements last and in order of key, and hands out the answers.
func (g *group) round(ctx context.Context, conn *pgx.Conn, last bool) error {
	stmts, owners := g.assemble(last)
	if len(stmts) == 0 {
		return nil
	}
	if last {
		for _, m := range g.members {
			failpoint.Hit("commit.before", m.call.work)
		}
	}
	g.begun = true
	rows, failed, err := pipeline(ctx, conn, stmts)
	if err != nil {
		if !connectionLost(err) {
			g.culprit = owners[failed]
		}
		if last {
			err = commitFailure(err, failed, len(stmts)-1)
		}
		return stmts[failed].explain(postgresError(err))
	}
	g.answer(rows, owners)
	return nil
}

// assemble lists the round's statements and whose they are; -1 for begin and commit.
func (g *group) assemble(last bool) (stmts []*Stmt, owners []int) {
	var cold, hot []owned
	for i, m := range g.members {
		if m.ended && !last {
			continue // what ended closures left goes with the commit, so that their locks are short
		}
		tail := hotTail(m.waiting)
		for n, s := range m.waiting {
			if n >= tail {
				hot = append(hot, owned{s, i})
			} else {
				cold = append(cold, owned{s, i})
			}
		}
	}
	if len(cold)+len(hot) == 0 && !g.begun {
		return nil, nil
	}
	slices.SortStableFunc(hot, func(a, b owned) int { return byKey(a.stmt, b.stmt) })
	if !g.begun {
		stmts, owners = append(stmts, Q("begin")), append(owners, -1)
	}
	for _, o := range append(cold, hot...) {
		stmts, owners = append(stmts, o.stmt), append(owners, o.owner)
	}
	if last {
		stmts, owners = append(stmts, Q("commit")), append(owners, -1)
	}
	return stmts, owners
}

// hotTail is where the hot statements begin with which a list ends, in order of key: they can go after everybody else's and
// be sorted among them, and stay in the order in which their caller asked.
func hotTail(stmts []*Stmt) int {
	tail := len(stmts)
	for tail > 0 && stmts[tail-1].hotKey != "" && (tail == len(stmts) || stmts[tail-1].hotKey <= stmts[tail].hotKey) {
		tail--
	}
	return tail
}

type owned struct {
	stmt  *Stmt
	owner int
}

// answer gives each waiting member its rows, in the order in which it asked.
func (g *group) answer(rows []*Rows, owners []int) {
	mine := make([][]*Rows, len(g.members))
	for i, owner := range owners {
		if owner >= 0 {
			mine[owner] = append(mine[owner], rows[i])
		}
	}
	for i, m := range g.members {
		if !m.ended {
			m.waiting = nil
			m.replies <- tripReply{rows: mine[i]}
		}
	}
}

// dismiss ends the closures that still wait and lets them run to their end.
func (g *group) dismiss(err error) {
	waiting := 0
	for _, m := range g.members {
		if !m.ended {
			m.replies <- tripReply{err: err}
			waiting++
		}
	}
	for waiting > 0 {
		mv := <-g.moves
		if mv.ended {
			mv.member.ended = true
			waiting--
			continue
		}
		mv.member.replies <- tripReply{err: err}
	}
}
