package job

import (
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/diff"
	"bizbatch/batch/report"
)

// changes is what outputs tell of earlier answers. It is read once, when the first
// output asks for it.
type changes func() (map[[sha256.Size]byte]change, error)

// A change is how often a question was answered, and what its last two answers differ
// in.
type change struct {
	Versions int
	Since    time.Time // when the last one came in
	What     []string  // nil: the facts are the same
}

// changesIn returns the changes in a checkpoint, by what was sent.
func changesIn(store batch.Checkpoint) changes {
	return sync.OnceValues(func() (map[[sha256.Size]byte]change, error) {
		found := map[[sha256.Size]byte]change{}
		var mu sync.Mutex
		_, err := compareAll(store, batch.Stories(store), lastTwo, func(c *report.Comparison) {
			of := change{Versions: c.Versions}
			if c.Class == diff.Changed {
				of.Since, of.What = c.New.Finished, c.Difference.What()
			}
			key := sha256.Sum256(c.Record.Sent())
			*c = report.Comparison{}
			mu.Lock()
			defer mu.Unlock()
			found[key] = of
		})
		return found, err
	})
}

// addTo adds the columns changed and versions to those of an output, if any question
// has had several answers.
func (c changes) addTo(o *report.Options) error {
	found, err := c()
	if err != nil || len(found) == 0 {
		return err
	}
	of := func(rec *batch.Record) (change, bool) {
		if rec.Answer == nil {
			return change{}, false
		}
		c, several := found[sha256.Sum256(rec.Sent())]
		if !several {
			c.Versions = 1
		}
		return c, true
	}
	versions := func(rec *batch.Record) any {
		if c, ok := of(rec); ok {
			return json.Number(strconv.Itoa(c.Versions))
		}
		return nil
	}
	o.Columns = append(o.Columns,
		report.Column{Name: "changed", Value: func(rec *batch.Record) any {
			c, _ := of(rec)
			return c.String()
		}},
		report.Column{Name: "versions", Table: true, Value: versions})
	o.Members = append(o.Members,
		report.Column{Name: "changed", Value: func(rec *batch.Record) any {
			if c, _ := of(rec); c.What != nil {
				return map[string]any{"since": c.Since.UTC().Format(time.RFC3339), "what": c.What}
			}
			return nil
		}},
		report.Column{Name: "versions", Value: versions})
	return nil
}

// String returns since when the answer is another one, and what changed; empty: it is
// not.
func (c change) String() string {
	if c.What == nil {
		return ""
	}
	return "since " + c.Since.Local().Format(time.DateOnly) + ": " + strings.Join(c.What, "; ")
}
