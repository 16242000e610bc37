package backup

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const roomPrefix = ".kept-unfinished-"

// inRoom runs fill on a folder beside dir that takes dir's name when all is in it and on the disk, and goes when something fails:
// nobody ever meets half of it under its name. Rooms that a killed process has left there go as well.
func inRoom(dir string, fill func(room string) error) (err error) {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	if err := sweep(parent); err != nil {
		return err
	}
	room, err := os.MkdirTemp(parent, roomPrefix+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(room))
		}
	}()
	leave, ours := occupy(room)
	if !ours {
		return errors.New("another backup has swept it away; try again")
	}
	defer leave()
	if err := fill(room); err != nil {
		return err
	}
	if err := os.Rename(room, dir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dir))
}

// sweep removes the rooms in which nobody works any more.
func sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), roomPrefix) {
			continue
		}
		room := filepath.Join(parent, entry.Name())
		if leave, empty := occupy(room); empty {
			err = errors.Join(err, os.RemoveAll(room))
			leave()
		}
	}
	return err
}

// occupy takes a room, unless a process that lives has it. The system lets go of it when the process ends, however it does.
func occupy(room string) (leave func(), ours bool) {
	folder, err := os.Open(room)
	if err != nil {
		return nil, false
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		folder.Close()
		return nil, false
	}
	return func() { folder.Close() }, true
}

// copyTree copies the files below a folder, but for those that skip names by their path, and returns the paths. What goes away meanwhile
// was not meant to last; nor is what begins with a dot, which is being written.
func copyTree(from, to string, skip func(path string) bool) (paths []string, err error) {
	err = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || path == from {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(entry.Name(), ".") || skip(relative) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, relative), 0o700)
		}
		copied, err := copyFile(path, filepath.Join(to, relative))
		if copied {
			paths = append(paths, relative)
		}
		return err
	})
	return paths, err
}

// copyFile copies a file, or what a link leads to. Sockets and the like, links to folders, and what is not there are passed over.
func copyFile(from, to string) (copied bool, err error) {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	source, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer source.Close()
	return true, create(to, info.Mode().Perm(), func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
}

func writeSynced(path string, content []byte) error {
	return create(path, 0o600, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// create makes a new file, and returns when it is on the disk.
func create(path string, mode fs.FileMode, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	err = write(file)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
