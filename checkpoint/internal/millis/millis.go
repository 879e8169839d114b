// Package millis keeps times as every engine does: in milliseconds since 1970, in UTC.
// The zero time is 0.
package millis

import (
	"database/sql"
	"fmt"
	"time"
)

// Of returns a time as it is kept.
func Of(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time returns a time that was kept.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Into reads a column into a time.
func Into(t *time.Time) sql.Scanner { return (*column)(t) }

type column time.Time

func (c *column) Scan(value any) error {
	ms, ok := value.(int64)
	if !ok {
		return fmt.Errorf("%v is no time", value)
	}
	*c = column(Time(ms))
	return nil
}
