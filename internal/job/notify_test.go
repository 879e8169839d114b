//go:build unix

package job

import (
	"testing"
	"time"
)

// A command that hangs, with children of its own, is left.
func TestNotifyDoesNotWaitForever(t *testing.T) {
	j := &job{Options: Options{Notify: "echo begun; sleep 600; true"}}
	err := j.notify(summaryFile{}, 50*time.Millisecond)
	if err == nil || err.Error() != "it took longer than 50ms" {
		t.Errorf("error %v", err)
	}
}
