package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const groups = "/sys/fs/cgroup"

// hierarchies are the folders of cgroups v1, one for each controller.
func hierarchies() ([]string, error) {
	tasks, err := filepath.Glob(groups + "/*/tasks")
	if err == nil && len(tasks) == 0 {
		err = errors.New("needs cgroups v1")
	}
	for i, file := range tasks {
		tasks[i] = filepath.Dir(file)
	}
	return tasks, err
}

// makeGroups makes the node's control groups, which its kubelet wants to find.
func (n node) makeGroups() error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, hierarchy := range all {
		for _, group := range []string{n.cluster.group(), n.group()} {
			err = errors.Join(err, makeGroup(hierarchy, group))
		}
	}
	return err
}

func makeGroup(hierarchy, group string) error {
	dir := filepath.Join(hierarchy, group)
	if err := os.MkdirAll(dir, 0o755); err != nil || filepath.Base(hierarchy) != "cpuset" {
		return err
	}
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} { // there is nothing in them at first, and then nothing runs in them
		text, err := os.ReadFile(filepath.Join(hierarchy, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// join puts this process, and so all that it starts, into the node's group of what can be frozen. Its Pods are in there already.
func (n node) join() error {
	dir := filepath.Join(groups, "freezer", n.group(), "system")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0o644)
}

// freeze makes everything on the node stand still, or go on.
func (n node) freeze(state string) error {
	return os.WriteFile(filepath.Join(groups, "freezer", n.group(), "freezer.state"), []byte(state), 0o644)
}

// removeGroups removes the group and all below it, when nothing runs in them any more.
func removeGroups(group string) (err error) {
	for range 100 {
		if err = tryRemoveGroups(group); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond) // those who are killed take a moment to go
	}
	return err
}

func tryRemoveGroups(group string) (err error) {
	found, _ := filepath.Glob(filepath.Join(groups, "*", group)) // the pattern is good
	for _, top := range found {
		var dirs []string
		_ = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				dirs = append(dirs, path)
			}
			return nil // what is gone meanwhile is as it should be
		})
		for _, dir := range slices.Backward(dirs) {
			if fault := os.Remove(dir); fault != nil && !errors.Is(fault, fs.ErrNotExist) {
				err = fault
			}
		}
	}
	return err
}
