package importer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const (
	often = 500 * time.Millisecond
	// patience is how long a server may be away that has been there before, such as one that is started anew. Imports go on then.
	patience = time.Minute
	// goodbye is how long it may take to call off what could not be started.
	goodbye = 5 * time.Second
)

// Send creates an import, uploads its file and starts it. When any of that fails, or ctx ends, the import is called off.
func (c *Client) Send(ctx context.Context, spec *orderv1.Import, file io.Reader, size int64, tell func(Progress)) (name string, err error) {
	if name, err = c.Create(ctx, spec); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
			defer cancel()
			_ = c.Cancel(late, name) // else the server does it by itself, after some days
		}
	}()
	var m meter
	err = c.Upload(ctx, name, file, size, func(sent int64) {
		tell(m.note(time.Now(), Progress{Phase: Uploading, Done: sent, Total: size}))
	})
	if err == nil {
		err = c.Start(ctx, name)
	}
	return name, err
}

// Follow asks how far an import has come until it has come to its end, or has been undone, and tells. A paused one it goes on to follow.
func (c *Client) Follow(ctx context.Context, name string, tell func(Progress)) (*orderv1.Import, error) {
	ticker := time.NewTicker(cmp.Or(c.Every, often))
	defer ticker.Stop()
	var m meter
	var heard time.Time
	for {
		found, err := c.Get(ctx, name)
		now := time.Now()
		switch {
		case err == nil && found.GetState() == orderv1.Import_UPLOADING:
			return nil, fmt.Errorf("%s has not been started", name)
		case err == nil:
			heard = now
			tell(m.note(now, progressOf(found)))
			if over(found) {
				return found, nil
			}
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case heard.IsZero() || !passing(err) || now.Sub(heard) > patience:
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
}

func over(i *orderv1.Import) bool {
	switch i.GetState() {
	case orderv1.Import_SUCCEEDED, orderv1.Import_CANCELLED, orderv1.Import_UNDONE:
		return true
	}
	return false
}
