package keyring

import (
	"bytes"
	"os"
	"sync"
	"time"
)

// Pause is how long a file is believed to be unchanged: so soon a rotation is noticed by a process that uses its keys.
const Pause = 2 * time.Second

// Watch is a file as it was when it was last looked at. While it can't be read, or its keys are not sound, the last good ones
// go on to serve.
type Watch struct {
	file  File
	sound func(Ring) error
	now   func() time.Time

	mu     sync.Mutex
	looked time.Time
	raw    []byte
	ring   Ring
	fault  error // of the last look
}

// Watch watches the file, which has to be there with sound keys. now is the wall clock.
func (f File) Watch(sound func(Ring) error, now func() time.Time) (*Watch, error) {
	w := &Watch{file: f, sound: sound, now: now}
	return w, w.look()
}

// Ring is what the file holds. It is not to be changed.
func (w *Watch) Ring() Ring {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lookAgain()
	return w.ring
}

// Readable tells whether the file can be read, and holds sound keys.
func (w *Watch) Readable() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lookAgain()
	return w.fault == nil
}

func (w *Watch) lookAgain() {
	if since := w.now().Sub(w.looked); since >= Pause || since < 0 {
		_ = w.look() // the last good keys serve
	}
}

// Signing is the ring, and the place in it of the key to sign with.
func (w *Watch) Signing() (Ring, int) {
	ring := w.Ring()
	return ring, ring.Signing(w.now())
}

// Change replaces the keys and knows the new ones at once.
func (w *Watch) Change(how func(Ring) (Ring, error)) error {
	if _, err := w.file.Change(how); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.look()
}

func (w *Watch) look() error {
	w.looked = w.now()
	w.fault = w.read()
	return w.fault
}

func (w *Watch) read() error {
	raw, err := os.ReadFile(string(w.file))
	if err != nil {
		return err
	}
	if bytes.Equal(raw, w.raw) {
		return nil
	}
	ring, err := w.file.parse(raw)
	if err == nil {
		err = w.sound(ring)
	}
	if err != nil {
		return err
	}
	w.raw, w.ring = raw, ring
	return nil
}
