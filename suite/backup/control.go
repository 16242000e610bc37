package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"kept.dev/kit/process"
	"kept.dev/kit/sqldb"
)

// A running suite is asked through a socket in its data folder: whoever may read the data may copy it, and nobody else.
const socket = "control.sock"

// Part lets the running suite be asked for backups. Where there can't be a socket, it still runs.
func Part(dir string, databases map[string]*sqldb.DB, log *slog.Logger) process.Part {
	var listener net.Listener
	working, cancel := context.WithCancel(context.Background())
	server := &http.Server{Handler: handler(dir, databases), BaseContext: func(net.Listener) context.Context { return working }}
	return process.Part{
		Name: "backups",
		Start: func(ctx context.Context) (err error) {
			if listener, err = listen(ctx, dir); err != nil {
				log.WarnContext(ctx, "backups can be taken only while this process does not run", "error", err)
			}
			return nil
		},
		Run: func(ctx context.Context) error {
			if listener == nil {
				return nil
			}
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			<-ctx.Done()
			return nil
		},
		Stop: func(ctx context.Context) error {
			cancel()
			return server.Shutdown(ctx)
		},
	}
}

// listen takes the place of a process that has gone: the folder's lock says that it has.
func listen(ctx context.Context, dir string) (net.Listener, error) {
	path := filepath.Join(dir, socket)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(path, 0o600)
}

func handler(dir string, databases map[string]*sqldb.DB) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) {
		m, err := Write(r.Context(), dir, databases, r.URL.Query().Get("out"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(m)
	})
	return mux
}

// ErrNobody says that no suite runs on the data folder, or that it can't be asked.
var ErrNobody = errors.New("no process answers on the data folder")

// Ask has the suite that runs on the data folder take a backup. out is an absolute path.
func Ask(ctx context.Context, dir, out string) (m Manifest, err error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, socket))
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://kept/backup?"+url.Values{"out": {out}}.Encode(), nil)
	if err != nil {
		return m, err
	}
	res, err := client.Do(req)
	if err != nil {
		return m, errors.Join(ErrNobody, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
		return m, fmt.Errorf("%s", strings.TrimSpace(string(text)))
	}
	return m, json.NewDecoder(res.Body).Decode(&m)
}
