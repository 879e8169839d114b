package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/check"
	"bizbatch/internal/exit"
)

// refreshFlags choose answers to ask for again.
type refreshFlags struct {
	Refresh       age      `group:"money" placeholder:"AGE" help:"Also ask again, and pay again for, what was answered longer ago than this: 90d, 2w or 12h. The oldest go first, after what has no answer, and each answer stays until there is another." example:"bizbatch run questions.csv --refresh 90d"`
	RefreshCiting []string `group:"money" sep:"none" placeholder:"TEXT" help:"Also ask again where the answer or one of its sources contains this, such as '§ 174'; may be repeated."`
	RefreshIDs    string   `group:"money" name:"refresh-ids" placeholder:"FILE|LIST" help:"Also ask these questions again: ids with commas between them, or a file with an id on each line."`
	RefreshChecks bool     `group:"money" help:"Also ask again where the checks found something to look at."`
}

// refresh returns what the flags choose.
func (c *runCmd) refresh() (f batch.Refresh, err error) {
	f = batch.Refresh{
		Age: time.Duration(c.Refresh), Texts: c.RefreshCiting, Flagged: c.RefreshChecks,
		Contains: check.Contains, Check: check.Kinds,
	}
	if c.schema != nil {
		f.Check = c.schema.Check
	}
	for _, text := range f.Texts {
		if strings.TrimSpace(text) == "" {
			return f, exit.Unsent(exit.Usage(errors.New("--refresh-citing is empty"), "name what the answers contain, such as --refresh-citing '§ 174'"))
		}
	}
	f.IDs, err = idList(c.RefreshIDs)
	if err != nil {
		err = exit.Unsent(exit.Usage(fmt.Errorf("--refresh-ids: %w", err), "name ids, such as --refresh-ids TQ-007,TQ-031, or a text file with an id on each line"))
	}
	return f, err
}

// idList returns the ids in a file of that name, one on each line, or in the list
// itself.
func idList(list string) (ids []string, err error) {
	if list == "" {
		return nil, nil
	}
	if info, err := os.Stat(list); err == nil && !info.IsDir() {
		ids, err = textLines(list)
		if err != nil {
			return nil, err
		}
	} else {
		for id := range strings.SplitSeq(list, ",") {
			if id = strings.TrimSpace(id); id != "" {
				ids = append(ids, id)
			}
		}
	}
	if ids == nil {
		return nil, fmt.Errorf("%s names no id", list)
	}
	return ids, nil
}

// An age is how old an answer is, on the command line in hours, days or weeks.
type age time.Duration

// UnmarshalText reads a flag's value.
func (a *age) UnmarshalText(text []byte) error {
	units := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	const most = 100 * 365 * 24 * time.Hour
	s := string(text)
	unit := units[s[max(0, len(s)-1):]]
	n, err := strconv.Atoi(s[:max(0, len(s)-1)])
	if err != nil || unit == 0 || n <= 0 || n > int(most/unit) {
		return fmt.Errorf("%q is not an age, such as 90d, 2w or 12h", s)
	}
	*a = age(n) * age(unit)
	return nil
}
