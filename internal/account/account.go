// Package account keeps what the runs on this machine know together of an account with a
// service. Runs that know nothing of each other take the account's pace from each
// other.
package account

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// patience is how long another run may hold a lock. It needs it as long as writing a
// file of a few kilobytes takes, unless it is stopped in the middle.
const patience = time.Second

// A File keeps the pace of the runs that are on at the same time. It implements
// pace.Keeper.
type File struct {
	path    string
	on      *flock.Flock // held by each run while it is on, together
	changed *flock.Flock // by one that changes the file
}

// Join takes part in what is known of an account; its name stands for it in file
// names. The first of the runs that are on begins anew.
func Join(name string) (*File, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "bizbatch")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "account-"+name)
	f := &File{path: path, on: flock.New(path + ".on"), changed: flock.New(path + ".lock")}
	alone, err := f.on.TryLock()
	if alone {
		err = errors.Join(os.WriteFile(path, nil, 0o600), f.on.Unlock())
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err = f.on.TryRLockContext(ctx, time.Millisecond)
	}
	if err != nil {
		return nil, errors.Join(err, f.Leave())
	}
	return f, nil
}

// Pace calls change with what is known, and keeps what it returns, unless that is nil.
func (f *File) Pace(change func(known []byte, now time.Time) []byte) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := f.changed.TryLockContext(ctx, time.Millisecond); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.changed.Unlock()) }()
	known, err := os.ReadFile(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if known = change(known, time.Now()); known == nil {
		return nil
	}
	return os.WriteFile(f.path, known, 0o600) // without a sync: it does not outlive the runs
}

// Leave takes no part any more.
func (f *File) Leave() error { return errors.Join(f.changed.Close(), f.on.Close()) }
