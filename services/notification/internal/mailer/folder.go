package mailer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// folder is where mails go without a server: one file each, named after the Message-ID.
type folder struct {
	path string
	from *netmail.Address
}

// newFolder makes the folder, and finds out now whether it can be written.
func newFolder(path string, from *netmail.Address) (*folder, error) {
	if path == "" {
		return nil, errors.New("mail: neither a mail server nor a mail folder is set")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	file, err := os.CreateTemp(path, tryPrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	f := &folder{path: path, from: from}
	return f, f.sweep(time.Now())
}

// Files that are not mails yet begin so.
const (
	tryPrefix = ".try-"
	newPrefix = ".new-"
)

// abandoned is how old a file is that is not a mail yet, and never will be: its process has died. Others may be writing now.
const abandoned = time.Minute

// sweep removes what processes that died have left.
func (f *folder) sweep(now time.Time) error {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return fmt.Errorf("mail folder: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), newPrefix) && !strings.HasPrefix(e.Name(), tryPrefix) {
			continue
		}
		info, err := e.Info()
		if err == nil && now.Sub(info.ModTime()) > abandoned {
			err = os.Remove(filepath.Join(f.path, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process was faster
			return fmt.Errorf("mail folder: %w", err)
		}
	}
	return nil
}

// Send writes the mail's file. The same mail again overwrites itself, so any failure may be tried again.
func (f *folder) Send(ctx context.Context, m Mail) Outcome {
	l, err := write(m, f.from)
	if err != nil {
		return Outcome{State: Failed, Answer: answer(err.Error())}
	}
	if err := ctx.Err(); err != nil {
		return Outcome{State: Retry, Answer: answer(err.Error())}
	}
	name := fileName(l.id)
	if err := f.put(name, l.content); err != nil {
		return Outcome{State: Retry, Answer: answer(err.Error())}
	}
	return Outcome{State: Sent, Answer: name}
}

// Find implements Finder: a mail is there whole, or was not taken.
func (f *folder) Find(messageID string) Outcome {
	id, err := parseID(messageID)
	if err != nil {
		return Outcome{State: Failed, Answer: answer(err.Error())}
	}
	switch _, err := os.Stat(filepath.Join(f.path, fileName(id))); {
	case err == nil:
		return Outcome{State: Sent, Answer: fileName(id)}
	case errors.Is(err, fs.ErrNotExist):
		return Outcome{State: Retry, Answer: "the mail is not in the folder"}
	default:
		return Outcome{Answer: answer(err.Error())}
	}
}

// put writes beside the name and renames, so that nobody ever reads half a mail.
func (f *folder) put(name string, content []byte) (err error) {
	file, err := os.CreateTemp(f.path, newPrefix+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(f.path, name))
}

// fileName is made of the Message-ID: different for different ones, and never a path.
func fileName(id string) string {
	name := url.PathEscape(id)
	if len(name) > 200 {
		name = fmt.Sprintf("%x", sha256.Sum256([]byte(id)))
	}
	return name + ".eml"
}
