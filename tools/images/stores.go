package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"kept.dev/tools/oci"
)

// store is a database that overlays/dev runs, or what copies them, as this machine's distribution packages it: for tests where no
// registry is reached.
type store struct {
	path    string   // where its programs are
	files   []string // patterns of programs and libraries, which come with what they are linked to
	folders []string // taken as they are
	program string   // of ours, that comes with it
}

// small are the programs that a start script uses.
var small = []string{"/usr/bin/sh", "/usr/bin/cat", "/usr/bin/rm", "/usr/bin/mv"}

func stores() map[string]store {
	version := "15"
	if found, _ := filepath.Glob("/usr/lib/postgresql/*"); len(found) > 0 {
		version = filepath.Base(found[len(found)-1])
	}
	programs, shared := "/usr/lib/postgresql/"+version, "/usr/share/postgresql/"+version
	return map[string]store{
		"postgres": {
			path: programs + "/bin:/usr/bin",
			files: append(small, programs+"/bin/postgres", programs+"/bin/initdb", programs+"/bin/pg_isready", programs+"/bin/psql",
				programs+"/lib/[a-km-z]*.so", programs+"/lib/l[a-km-z]*.so"), // without its compiler, llvmjit
			folders: []string{shared, "/usr/share/zoneinfo"},
		},
		"redis": {path: "/usr/bin", files: append(small, "/usr/bin/redis-server", "/usr/bin/redis-cli")},
		"backup": {
			path: "/usr/local/bin:" + programs + "/bin:/usr/bin",
			files: append(small, programs+"/bin/pg_dump", programs+"/bin/pg_restore", "/usr/bin/date", "/usr/bin/ls", "/usr/bin/sort",
				"/usr/bin/tail"),
			program: "kept",
		},
	}
}

// makeStores writes an archive of each store.
func (s settings) makeStores(ctx context.Context) error {
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	for name, what := range stores() {
		if err := s.makeStore(ctx, name, what); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%s  %s\n", s.archive(name), s.image(name))
	}
	return nil
}

func (s settings) makeStore(ctx context.Context, name string, what store) error {
	files, err := what.collect(ctx)
	if err != nil {
		return err
	}
	if what.program != "" {
		ours, err := s.program(ctx, what.program)
		if err != nil {
			return err
		}
		files = append(files, ours)
	}
	image, err := what.assemble(files)
	if err != nil {
		return err
	}
	return s.writeArchive(name, map[string]v1.Image{s.platforms[0]: image})
}

// program compiles one of ours, to lie where the path leads.
func (s settings) program(ctx context.Context, name string) (oci.File, error) {
	scratch, err := os.MkdirTemp(s.out, ".build-")
	if err != nil {
		return oci.File{}, err
	}
	defer os.RemoveAll(scratch)
	binary := filepath.Join(scratch, name)
	if err := s.compile(ctx, programs[name], s.platforms[0], binary); err != nil {
		return oci.File{}, err
	}
	data, err := os.ReadFile(binary)
	return oci.File{Name: "usr/local/bin/" + name, Mode: 0o555, Data: data}, err
}

func (what store) assemble(files []oci.File) (v1.Image, error) {
	all, err := oci.Layer(files...)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, all); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", "amd64", v1.Time{Time: time.Unix(0, 0).UTC()}
	config.Config = v1.Config{User: "999:999", Env: []string{"PATH=" + what.path}, WorkingDir: "/"}
	return mutate.ConfigFile(image, config)
}

// collect reads the store's files and all that its programs are linked to.
func (what store) collect(ctx context.Context) ([]oci.File, error) {
	wanted := map[string]bool{}
	for _, pattern := range what.files {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return nil, errors.Join(err, fmt.Errorf("%s is not installed", pattern))
		}
		for _, name := range found {
			wanted[name] = true
			libraries, err := linked(ctx, name)
			if err != nil {
				return nil, err
			}
			for _, library := range libraries {
				wanted[library] = true
			}
		}
	}
	for _, folder := range what.folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := os.Stat(path) // a link to a folder is left out: what is in that comes under its own name
			if err == nil && info.Mode().IsRegular() {
				wanted[path] = true
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return read(wanted)
}

var library = regexp.MustCompile(`(?m)(/\S+\.so\S*) \(0x`)

func linked(ctx context.Context, program string) (names []string, err error) {
	out, err := exec.CommandContext(ctx, "ldd", program).Output()
	if err != nil {
		return nil, fmt.Errorf("ldd %s: %w", program, err)
	}
	for _, match := range library.FindAllStringSubmatch(string(out), -1) {
		names = append(names, match[1])
	}
	return names, nil
}

// read reads the files, to where they are once the folders at the root are links into usr, as they are in Debian.
func read(wanted map[string]bool) ([]oci.File, error) {
	files := []oci.File{
		{Name: "bin", Link: "usr/bin"}, {Name: "lib", Link: "usr/lib"}, {Name: "lib64", Link: "usr/lib64"},
		{Name: "etc/passwd", Mode: 0o444, Data: []byte("root:x:0:0:root:/:/bin/sh\nstore:x:999:999:store:/:/bin/sh\n")},
	}
	for name := range wanted {
		data, err := os.ReadFile(name) // what a link leads to
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(name, "/usr/") {
			name = "/usr" + name
		}
		files = append(files, oci.File{Name: strings.TrimPrefix(name, "/"), Mode: int64(info.Mode().Perm()), Data: data})
	}
	slices.SortFunc(files, func(a, b oci.File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}
