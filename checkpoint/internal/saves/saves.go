// Package saves hands changes to the goroutine that makes them durable.
package saves

import "time"

// Wait passes a change to a queue and waits until it is done. If that takes longer
// than hold, it calls late, unless that is nil.
func Wait[S any](queue chan<- S, change S, done <-chan error, hold time.Duration, late func()) error {
	var held <-chan time.Time
	if late != nil {
		timer := time.NewTimer(hold)
		defer timer.Stop()
		held = timer.C
	}
	for {
		select {
		case queue <- change:
			queue = nil
		case err := <-done:
			return err
		case <-held:
			late()
		}
	}
}
