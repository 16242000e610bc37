// Package ops serves what operators and other processes ask of every service alike: kept.ops.v1.
package ops

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/inbox"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// DeadLetters implements DeadLetterService for one service.
type DeadLetters struct {
	opsv1.UnimplementedDeadLetterServiceServer
	Service string
	DB      *sqldb.DB
	Clock   clock.Clock
	// Wake is told when something has become due.
	Wake func()
}

func (d *DeadLetters) collection() string { return "services/" + d.Service + "/deadLetters/" }

// ListDeadLetters lists what could not be handled, by page.
func (d *DeadLetters) ListDeadLetters(
	ctx context.Context, req *opsv1.ListDeadLettersRequest,
) (*opsv1.ListDeadLettersResponse, error) {
	if req.GetParent() != "services/"+d.Service {
		return nil, errs.NotFound(req.GetParent())
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = page.DefaultSize
	}
	after, err := parseToken(req.GetPageToken())
	if err != nil {
		return nil, err
	}
	failed, err := timer.ListFailed(ctx, d.DB, after, size+1)
	if err != nil {
		return nil, err
	}
	res := &opsv1.ListDeadLettersResponse{}
	if len(failed) > size {
		failed = failed[:size]
		res.NextPageToken = formatToken(failed[size-1])
	}
	for _, f := range failed {
		res.DeadLetters = append(res.DeadLetters, d.letter(f))
	}
	return res, nil
}

// GetDeadLetter returns one.
//
// Errors: NOT_FOUND for an unknown one.
func (d *DeadLetters) GetDeadLetter(ctx context.Context, req *opsv1.GetDeadLetterRequest) (*opsv1.DeadLetter, error) {
	kind, key, err := d.parse(req.GetName())
	if err != nil {
		return nil, err
	}
	failed, err := timer.GetFailed(ctx, d.DB, kind, key)
	if err != nil {
		return nil, missing(err, req.GetName())
	}
	return d.letter(failed), nil
}

// ReplayDeadLetter makes one due at once, with its count of tries at zero.
//
// Errors: NOT_FOUND for an unknown one.
func (d *DeadLetters) ReplayDeadLetter(ctx context.Context, req *opsv1.ReplayDeadLetterRequest) (*opsv1.DeadLetter, error) {
	kind, key, err := d.parse(req.GetName())
	if err != nil {
		return nil, err
	}
	return change.Do(ctx, d.DB, req, func(tx *sqldb.Tx) (*opsv1.DeadLetter, error) {
		failed, err := timer.Replay(tx, kind, key, d.Clock.Now())
		if err != nil {
			return nil, missing(err, req.GetName())
		}
		tx.AfterCommit(d.Wake)
		return d.letter(failed), nil
	})
}

// DropDeadLetter gives one up for good, even should the bus give its event again.
//
// Errors: NOT_FOUND for an unknown one.
func (d *DeadLetters) DropDeadLetter(ctx context.Context, req *opsv1.DropDeadLetterRequest) (*emptypb.Empty, error) {
	kind, key, err := d.parse(req.GetName())
	if err != nil {
		return nil, err
	}
	return change.Do(ctx, d.DB, req, func(tx *sqldb.Tx) (*emptypb.Empty, error) {
		if err := timer.Drop(tx, kind, key); err != nil {
			return nil, missing(err, req.GetName())
		}
		inbox.GiveUp(tx, kind, key)
		return &emptypb.Empty{}, nil
	})
}

func missing(err error, name string) error {
	if errors.Is(err, sqldb.ErrNoRow) {
		return errs.NotFound(name)
	}
	return err
}

// parse takes a name apart: the id is the timer's kind, with ~ for /, a dot, and its key, which has none.
func (d *DeadLetters) parse(name string) (kind, key string, err error) {
	id, ours := strings.CutPrefix(name, d.collection())
	dot := strings.LastIndexByte(id, '.')
	if !ours || dot < 0 {
		return "", "", errs.NotFound(name)
	}
	return strings.ReplaceAll(id[:dot], "~", "/"), id[dot+1:], nil
}

func (d *DeadLetters) letter(f timer.Failed) *opsv1.DeadLetter {
	state, kind := opsv1.DeadLetter_RETRYING, "timer/"+f.Kind
	if f.Parked {
		state = opsv1.DeadLetter_PARKED
	}
	if f.Type != "" {
		kind = f.Type
	}
	return &opsv1.DeadLetter{
		Name: d.collection() + strings.ReplaceAll(f.Kind, "/", "~") + "." + f.Key, Type: kind, Subject: inbox.SubjectOf(f), Error: f.Error, Attempts: f.Attempts,
		State: state, CreateTime: timestamppb.New(f.Since),
	}
}

func formatToken(f timer.Failed) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s %s", f.Since.UnixMicro(), f.Kind, f.Key))
}

func parseToken(token string) (after timer.Failed, err error) {
	if token == "" {
		return after, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	parts := strings.SplitN(string(raw), " ", 3) // a key may have blanks
	micros := int64(0)
	if err == nil && len(parts) == 3 {
		micros, err = strconv.ParseInt(parts[0], 10, 64)
	}
	if err != nil || micros <= 0 {
		return after, errs.Invalid("page_token", "must be the next_page_token of the page before")
	}
	return timer.Failed{Since: time.UnixMicro(micros), Kind: parts[1], Key: parts[2]}, nil
}
