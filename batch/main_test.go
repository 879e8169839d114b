package batch

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes every run of the tests the same, unless the command line says
// otherwise, and sees that they leave no goroutine behind.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.checks": "10"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
