package backup

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Pack writes the backup in a folder as a tar archive, for where there is no shared disk to put it on.
func Pack(dir string, w io.Writer) error {
	archive := tar.NewWriter(w)
	return errors.Join(archive.AddFS(os.DirFS(dir)), archive.Close())
}

// Unpack makes the folder of a backup out of its archive. Whether all of it came, Read tells.
func Unpack(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir) // nothing lands outside of it, whatever the archive says
	if err != nil {
		return err
	}
	defer root.Close()
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpack(root, header, archive)
		}
		if err != nil {
			return fmt.Errorf("the backup's archive: %w", err)
		}
	}
}

func unpack(root *os.Root, header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(filepath.FromSlash(header.Name), 0o700)
	case tar.TypeReg:
	default:
		return fmt.Errorf("%s is neither a file nor a folder", header.Name)
	}
	path := filepath.FromSlash(header.Name)
	if err := root.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := root.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, header.FileInfo().Mode().Perm()&0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
