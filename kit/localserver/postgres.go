package localserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres is a running PostgreSQL.
type Postgres struct {
	Dir  string // holds data and log
	Port int
	more []string // settings
	bin  string
	cmd  *exec.Cmd
	done chan struct{}
}

// Careless are settings for a server whose data may go with the machine, though not with its processes: it does not wait for disks.
var Careless = []string{"fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"}

// StartPostgres makes a data folder below dir and starts a server on it, with more settings if given. It needs Debian's or any other installation
// of PostgreSQL's server programs; root is left for the user "postgres", because the server refuses root.
func StartPostgres(ctx context.Context, dir string, settings ...string) (*Postgres, error) {
	bin, err := findBin()
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	s := &Postgres{Dir: filepath.Join(dir, "postgres"), Port: port, more: settings, bin: bin}
	if err := s.initDir(ctx); err != nil {
		return nil, err
	}
	return s, s.Restart(ctx)
}

func findBin() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("PostgreSQL's server programs are not installed (apt-get install postgresql)")
	}
	return filepath.Dir(slices.Max(found)), nil
}

func (s *Postgres) initDir(ctx context.Context) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	if uid, gid, ok := servant(); ok {
		if err := os.Chown(s.Dir, uid, gid); err != nil {
			return err
		}
		for up := filepath.Dir(s.Dir); up != "/" && up != "."; up = filepath.Dir(up) {
			if info, err := os.Stat(up); err == nil && info.Mode().Perm()&0o001 == 0 {
				_ = os.Chmod(up, info.Mode().Perm()|0o011) // the servant must pass through
			}
		}
	}
	cmd := s.command(ctx, "initdb", "-D", s.data(), "-U", "kept", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (s *Postgres) data() string { return filepath.Join(s.Dir, "data") }

// Restart starts the server, on the same port and data, and waits until it answers.
func (s *Postgres) Restart(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.Port)}
	for _, setting := range append([]string{"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300",
		"shared_buffers=256MB", "checkpoint_timeout=15min", "max_wal_size=4GB"}, s.more...) {
		args = append(args, "-c", setting)
	}
	cmd := s.command(context.WithoutCancel(ctx), "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	s.cmd, s.done = cmd, make(chan struct{})
	go func(done chan struct{}) { _ = cmd.Wait(); close(done) }(s.done)
	return s.await(ctx)
}

func (s *Postgres) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.done:
			text, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("postgres ended: %s", text)
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// PID is the server's process.
func (s *Postgres) PID() int { return s.cmd.Process.Pid }

// URL is the address of the named database.
func (s *Postgres) URL(database string) string {
	return fmt.Sprintf("postgres://kept@127.0.0.1:%d/%s", s.Port, database)
}

// Create makes an empty database and returns its address.
func (s *Postgres) Create(ctx context.Context, database string) (string, error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{database}.Sanitize()); err != nil {
		return "", err
	}
	return s.URL(database), nil
}

// Stop ends the server at once, as a crash would where crash is set, and waits until it is gone.
func (s *Postgres) Stop(crash bool) {
	sig := syscall.SIGINT // fast shutdown
	if crash {
		sig = syscall.SIGQUIT
	}
	_ = s.cmd.Process.Signal(sig)
	<-s.done
}

func (s *Postgres) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, ok := servant(); ok {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return cmd
}

// servant is the user that the server runs as when we are root.
func servant() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, false
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid, true
}
