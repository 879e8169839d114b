package job

import (
	"fmt"
	"path/filepath"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/internal/disk"
	"bizbatch/internal/exit"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// parts are the files that patterns make of the rows, by their paths.
type parts map[string]*report.Part

// checkPattern refuses a pattern that can make no files, as far as that is known
// before the rows are read.
func checkPattern(out string, in batch.Input) error {
	if _, err := report.FormatOf(out); err != nil {
		return exit.Usage(err, "choose another --out")
	}
	if in.Format == batch.JSONL {
		return nil // its columns are known after its last row
	}
	_, err := report.ParsePattern(out, in)
	return patternError(err)
}

func patternError(err error) error {
	if err == nil {
		return nil
	}
	return exit.Usage(fmt.Errorf("--out %w", err), "choose another column, or correct the questions")
}

// split puts the files of each pattern in its place among the outputs.
func split(store batch.Checkpoint, in batch.Input, outs []string) (all []string, of parts, err error) {
	of = parts{}
	seen := map[string]bool{}
	for _, out := range outs {
		files := []*report.Part{{Path: out}}
		if report.IsPattern(out) {
			p, err := report.ParsePattern(out, in)
			if err == nil {
				files, err = p.Split(store.Rows())
			}
			if err != nil {
				return nil, nil, patternError(err)
			}
		}
		for _, f := range files {
			name, err := filepath.Abs(f.Path)
			if err != nil {
				return nil, nil, err
			}
			if seen[name] {
				return nil, nil, exit.Usage(fmt.Errorf("--out %s makes %s, which is another --out, too", out, f.Path), "choose another --out")
			}
			seen[name] = true
			all = append(all, f.Path)
			if f.Path != out {
				of[f.Path] = f
			}
		}
	}
	return all, of, nil
}

// splitOutputs finds out, before anything is sent, which files the patterns make,
// and whether they can be written.
func (j *job) splitOutputs() (err error) {
	if j.DryRun {
		return nil // nothing was read in
	}
	if j.outputs, j.parts, err = split(j.store, j.input, j.outputs); err != nil {
		return exit.Unsent(err)
	}
	for _, out := range j.outputs {
		if j.parts[out] == nil {
			continue // was checked
		}
		if disk.SameFile(out, j.Summary) || disk.SameFile(out, j.MetricsFile) {
			return exit.Unsent(exit.Usage(fmt.Errorf("--out %s is another file of this run", out), "choose another --out"))
		}
		if err := j.checkFile(out, j.input); err != nil {
			return exit.Unsent(err)
		}
	}
	return nil
}

// groupsOf returns what became of the rows of each part.
func groupsOf(store batch.Checkpoint, outs []string, of parts) (groups []report.Group, err error) {
	for _, out := range outs {
		part := of[out]
		if part == nil {
			continue
		}
		h, err := batch.ReadPartHistory(store, "", part.Positions)
		if err != nil {
			return nil, err
		}
		groups = append(groups, report.Group{Output: out, Values: part.Values, Rows: h.Rows, Answered: h.Answered, Failed: h.Failed, Pending: h.Pending, Spent: h.Spent})
	}
	return groups, nil
}

// tellWritten says which files hold the answers: of a pattern, how many.
func tellWritten(u *terminal.Printer, written, current []string, of parts) {
	now := map[string]bool{}
	for _, out := range current {
		now[out] = true
	}
	type count struct{ files, current int }
	counts, order := map[string]*count{}, []string(nil)
	for _, out := range written {
		part := of[out]
		switch {
		case part != nil:
			c := counts[part.Pattern]
			if c == nil {
				c = &count{}
				counts[part.Pattern], order = c, append(order, part.Pattern)
			}
			if c.files++; now[out] {
				c.current++
			}
		case now[out]:
			u.Say("%s is up to date", out)
		default:
			u.Say("wrote %s", out)
		}
	}
	for _, pattern := range order {
		c := counts[pattern]
		line := fmt.Sprintf("wrote %s: %s", pattern, prose.Count(c.files, "file"))
		if c.current > 0 {
			line += fmt.Sprintf(", %d of them up to date already", c.current)
		}
		u.Say("%s", line)
	}
}
