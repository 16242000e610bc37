package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// isolated is this program as the first process of new namespaces, which runs one of its inner commands. All that is inside ends with it.
func isolated(args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, append([]string{initCommand}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	return cmd, nil
}

// runInit is the first process: it mounts /proc for the others, starts the command, and takes leave of all processes that lost their
// parents, until the command has ended.
func runInit(args []string) error {
	err := errors.Join(
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""))
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child, err := os.StartProcess(self, append([]string{self}, args...), &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return err
	}
	for {
		pid, err := syscall.Wait4(-1, nil, 0, nil)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		if pid == child.Pid {
			return errors.New("the first process has ended")
		}
	}
}

// enter is the command in all namespaces of the process, in this folder.
func enter(pid, dir string, args ...string) []string {
	return append([]string{"nsenter", "--target", pid, "--mount", "--pid", "--net", "--uts", "--ipc", "--wd=" + dir, "--"}, args...)
}
