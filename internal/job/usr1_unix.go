//go:build unix

package job

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// onUSR1 calls tell with each SIGUSR1 until ctx is done.
func onUSR1(ctx context.Context, tell func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-signals:
				tell()
			case <-ctx.Done():
				return
			}
		}
	}()
}
