package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
)

// A job is one run of a file, from the plan to the written answers.
type job struct {
	cmd     *runCmd
	env     env
	ui      *ui
	store   *checkpoint.Store
	service service
	input   batch.Input
	plan    batch.Plan
	sum     batch.Summary
	outputs []string
	written []string
}

func (j *job) run(ctx context.Context, reader *question.Reader, digest string, settings batch.Settings) error {
	if err := j.takeIn(ctx, reader, digest, settings); err != nil {
		return err
	}
	if j.cmd.DryRun {
		return nil
	}
	watch := j.ui.watch(j.plan, j.cmd.Limit)
	sum, runErr := batch.Run(ctx, j.store, j.service.asker, j.cmd.options(time.Now(), watch.event))
	watch.end()
	j.sum = sum
	writeErr := j.write()
	err := j.verdict(runErr)
	j.ui.finished(j)
	if serr := j.writeSummary(err); serr != nil {
		writeErr = errors.Join(writeErr, serr)
	}
	if writeErr != nil {
		return outputError(writeErr, j, err)
	}
	return err
}

// takeIn reads the questions into the checkpoint and prints the plan.
func (j *job) takeIn(ctx context.Context, reader *question.Reader, digest string, settings batch.Settings) error {
	if err := j.checkOutputs(reader.Input().Format); err != nil {
		return err
	}
	var skipped []int
	var err error
	j.plan, err = batch.Import(j.store, untilDone(ctx, reader.Questions(), &skipped), batch.ImportOptions{
		Settings: settings, Input: reader.Input, Digest: digest, RetryFailed: j.cmd.RetryFailed,
		AskAgain: j.cmd.AskAgain, DryRun: j.cmd.DryRun, Price: j.cmd.Price,
	})
	if err != nil {
		return importError(err, j)
	}
	if j.input, err = batch.InputOf(j.store); err != nil {
		return err
	}
	j.ui.planned(j, skipped)
	return nil
}

// untilDone yields questions until ctx is done, and notes the lines of those
// that are skipped.
func untilDone(ctx context.Context, questions iter.Seq2[batch.Question, error], skipped *[]int) iter.Seq2[batch.Question, error] {
	return func(yield func(batch.Question, error) bool) {
		for q, err := range questions {
			if ctx.Err() != nil {
				yield(q, context.Cause(ctx))
				return
			}
			if q.Skip != "" {
				*skipped = append(*skipped, q.Line)
			}
			if !yield(q, err) {
				return
			}
		}
	}
}

// checkOutputs finds out before anything is sent whether the answers can be
// written where they are to go.
func (j *job) checkOutputs(format batch.Format) error {
	j.outputs = j.cmd.outputs(format)
	for _, out := range j.outputs {
		if err := checkOutput(out, j.cmd.File, j.store, len(j.cmd.Out) == 0 || j.cmd.Force); err != nil {
			return err
		}
	}
	return nil
}

// checkOutput refuses a file that answers must not be written to. One that is
// there is overwritten only if it is ours: by its default name, or because an
// earlier run wrote it.
func checkOutput(out, input string, store *checkpoint.Store, ours bool) error {
	if _, err := report.FormatOf(out); err != nil {
		return usageError(err, "choose the format by the name of --out")
	}
	info, err := os.Stat(out)
	if err == nil {
		for _, path := range []string{input, store.Path()} {
			if other, err := os.Stat(path); err == nil && os.SameFile(info, other) {
				return usageError(fmt.Errorf("%s is the input or the checkpoint; nothing was sent", out), "choose another --out")
			}
		}
	}
	if _, err := os.Stat(filepath.Dir(out)); err != nil {
		return usageError(fmt.Errorf("the folder of --out %s: %w; nothing was sent", out, err), "make the folder, or choose another --out")
	}
	if err != nil || ours {
		return nil // an error other than that there is none shows when it is written
	}
	abs, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if has, err := store.HasOutput(abs); err != nil || has {
		return err
	}
	return usageError(fmt.Errorf("%s is there already and was not written by bizbatch for this checkpoint; nothing was sent", out),
		"choose another --out, or overwrite it with --force")
}

// write writes every output file, whatever stopped the run.
func (j *job) write() error {
	var errs []error
	for _, out := range j.outputs {
		if err := writeAnswers(j.store, j.input, out); err != nil {
			errs = append(errs, err)
			continue
		}
		j.written = append(j.written, out)
		abs, err := filepath.Abs(out)
		if err == nil {
			err = j.store.AddOutput(abs, time.Now())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// writeAnswers writes one output file.
func writeAnswers(store *checkpoint.Store, in batch.Input, out string) error {
	f, err := report.Create(out, in)
	if err != nil {
		return err
	}
	defer f.Abort()
	for rec, err := range batch.Records(store) {
		if err != nil {
			return err
		}
		if err := f.Write(rec); err != nil {
			return err
		}
	}
	return f.Commit()
}

// A summaryFile is what --summary writes.
type summaryFile struct {
	Outcome    string        `json:"outcome"` // finished, or the kind of stop
	ExitCode   int           `json:"exit_code"`
	Error      string        `json:"error,omitempty"`
	Hint       string        `json:"hint,omitempty"`
	Checkpoint string        `json:"checkpoint"`
	Outputs    []string      `json:"outputs"`
	Plan       batch.Plan    `json:"plan"`
	Run        batch.Summary `json:"run"`
}

func (j *job) writeSummary(verdict error) error {
	if j.cmd.Summary == "" {
		return nil
	}
	s := summaryFile{Outcome: "finished", Checkpoint: j.store.Path(), Outputs: j.written, Plan: j.plan, Run: j.sum}
	var e *cmdError
	if errors.As(verdict, &e) {
		s.ExitCode, s.Hint = e.code, e.hint
		if e.err != nil {
			s.Error = e.err.Error()
		}
	}
	var stop *batch.StopError
	if errors.As(verdict, &stop) {
		s.Outcome = string(stop.Kind)
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return report.WriteFile(j.cmd.Summary, append(b, '\n'))
}
