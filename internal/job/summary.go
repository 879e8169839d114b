package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
	"bizbatch/internal/disk"
	"bizbatch/internal/exit"
)

// A summaryFile is what --summary writes.
type summaryFile struct {
	Outcome    string        `json:"outcome"` // finished, not started, error, or the kind of stop
	ExitCode   int           `json:"exit_code"`
	Error      string        `json:"error,omitempty"`
	Hint       string        `json:"hint,omitempty"`
	Checkpoint string        `json:"checkpoint"`
	Outputs    []string      `json:"outputs"` // that hold the answers as they are, written now or before
	Kept       []keptFile    `json:"kept"`    // outputs that somebody had edited
	Plan       summaryPlan   `json:"plan"`
	Run        batch.Summary `json:"run"`
	Changed    int           `json:"changed"` // answers of Run.Refreshed with other facts than before
	Saves      int64         `json:"saves"`   // changes put on disk: two for each answer, the sending and the answer
	Syncs      int64         `json:"syncs"`   // syncs of the disk that they took

	Slowest  []slowAnswer              `json:"slowest"`          // the five answers of this run that took longest
	Failures []checkpoint.FailureGroup `json:"failures"`         // of all runs on this input
	Groups   []report.Group            `json:"groups,omitempty"` // the files that a pattern of --out makes
	Next     string                    `json:"next,omitempty"`   // the command to type next
}

// A slowAnswer is one that took long.
type slowAnswer struct {
	ID      string  `json:"id"`
	AskMode string  `json:"ask_mode"`
	Seconds float64 `json:"seconds"`
}

// A summaryPlan is the plan with its sums.
type summaryPlan struct {
	Questions int `json:"questions"`
	ToAsk     int `json:"to_ask"`
	batch.Plan
}

// checkReports refuses files of --summary and --metrics-file that cannot be
// written, before anything is paid for.
func (o *Options) checkReports() error {
	if o.MetricsFile != "" && filepath.Ext(o.MetricsFile) != metricsSuffix {
		return exit.Unsent(exit.Usage(fmt.Errorf("--metrics-file %s does not end in %s, and node_exporter would not read it", o.MetricsFile, metricsSuffix), "choose another --metrics-file"))
	}
	for _, f := range []struct{ flag, path string }{{"--summary", o.Summary}, {"--metrics-file", o.MetricsFile}} {
		if f.path == "" || o.DryRun {
			continue
		}
		err := o.checkReport(f.path)
		if err != nil {
			return exit.Unsent(exit.Usage(fmt.Errorf("%s %s %w", f.flag, f.path, err), "choose another "+f.flag))
		}
	}
	return nil
}

func (o *Options) checkReport(path string) error {
	others := append([]string{o.File, o.KeyFile}, checkpoint.Files(o.Checkpoint)...)
	for _, format := range []batch.Format{batch.CSV, batch.JSONL, batch.XLSX} { // which of them is not known yet
		others = append(others, o.outputsFor(format)...)
	}
	begin := byte('{') // of JSON
	if path == o.MetricsFile {
		others = append(others, o.Summary)
		begin = '#' // of a comment
	}
	if slices.ContainsFunc(others, func(other string) bool { return disk.SameFile(path, other) }) {
		return errors.New("is another file of this run")
	}
	if err := checkReplaced(path, begin); err != nil && !o.Force {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".bizbatch-*.tmp")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("cannot be written: %w", err)
	}
	return nil
}

// checkReplaced refuses to replace what is no file, or a file that does not
// begin as those do that are written there: it may be somebody's answers.
func checkReplaced(path string, begin byte) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot be written: %w", err)
	case !info.Mode().IsRegular():
		return errors.New("is there and is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot be replaced: %w", err)
	}
	defer f.Close()
	first := make([]byte, 1)
	if _, err := f.Read(first); err == nil && first[0] != begin {
		return errors.New("is there already and was not written by bizbatch")
	}
	return nil
}

// summarize writes the file of --summary, also for a run that did not get to
// ask anything: the file of the night before must not pass for this one's. It
// returns the verdict, or an error where there was none and the file cannot be
// written.
func (j *job) summarize(verdict error) error {
	if j.Summary == "" || j.DryRun {
		return verdict
	}
	b, err := json.MarshalIndent(j.summaryOf(verdict), "", "  ")
	if err == nil {
		err = report.WriteFile(j.Summary, append(b, '\n'))
	}
	if err == nil {
		return verdict
	}
	return exit.Besides(verdict, fmt.Errorf("--summary: %w", err))
}

// summaryOf returns what --summary and --notify tell of a run.
func (j *job) summaryOf(verdict error) summaryFile {
	s := summaryFile{
		Outcome: j.ended(), Checkpoint: j.Checkpoint, Outputs: append([]string{}, j.written...), Kept: append([]keptFile{}, j.kept...),
		Changed: j.changed, Plan: summaryPlan{j.plan.Rows - j.plan.Skipped, j.plan.ToAsk(), j.plan}, Run: j.sum,
		Slowest: []slowAnswer{}, Failures: append([]checkpoint.FailureGroup{}, j.failures...), Groups: j.groups, Next: j.next,
	}
	if j.store != nil {
		s.Saves, s.Syncs = j.store.Saves()
	}
	for _, d := range j.slowest {
		s.Slowest = append(s.Slowest, slowAnswer{d.RowID, d.Mode, d.Finished.Sub(d.Started).Seconds()})
	}
	if verdict != nil {
		e := exit.As(verdict)
		s.ExitCode, s.Error, s.Hint = int(e.Code), e.Error(), e.Hint
	}
	return s
}
