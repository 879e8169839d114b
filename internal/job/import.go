package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
)

// takeIn reads the questions into the checkpoint and prints the plan. content is the
// digest of their file from before it was opened; empty: it has none.
func (j *job) takeIn(ctx context.Context, endpoint, content string) (err error) {
	if err := j.checkOutputs(); err != nil {
		return err
	}
	if !j.DryRun {
		if err := j.takeReviews(); err != nil {
			return exit.Unsent(err)
		}
	}
	named, others, err := j.reuse(endpoint)
	if err != nil {
		return err
	}
	var skipped []string
	screen := j.screen()
	read := false
	input := func() batch.Input {
		read = true
		in := j.reader.Input()
		in.Private = screen.Found()
		return in
	}
	questions := screen.Questions(untilDone(ctx, j.reader.Questions(), &skipped))
	j.plan, err = batch.Import(j.store, questions, batch.ImportOptions{
		Settings: j.Asking.Settings, Input: input, Digest: digestOf(content, j.readingPlan()), RetryFailed: j.Asking.RetryFailed,
		AskAgain: j.AskAgain, Reask: j.Asking.Reask, Refresh: j.Refresh, Reuse: named, Neighbours: others, DryRun: j.DryRun, Price: j.Asking.Price,
	})
	if err != nil {
		return importError(err, j)
	}
	debug.FreeOSMemory() // the import took most; what follows may go on for days
	if j.input, err = batch.ReadInput(j.store); err != nil {
		return err
	}
	if err := j.splitOutputs(); err != nil {
		return err
	}
	for _, out := range j.outputs {
		if err := claimOutput(j.store, out); err != nil && !j.DryRun {
			return exit.Unsent(err)
		}
	}
	if read { // a dry run kept nothing
		j.input.Private = screen.Found()
	}
	j.tellPlan(skipped)
	j.tellModels()
	if err := j.noteSource(content); err != nil {
		return exit.Unsent(err)
	}
	return nil
}

// tellModels says where a file names another model than the one that would be
// asked without it.
func (j *job) tellModels() {
	model := j.Asking.Settings.Model
	j.models = j.reader.Understood().Models
	named := slices.DeleteFunc(slices.Clone(j.models), func(name string) bool { return name == model })
	if len(named) == 0 {
		return
	}
	text := fmt.Sprintf("the file names the model %s, and it is asked: --model %s asks another", strings.Join(named, ", "), cmp.Or(model, "NAME"))
	if j.Reading.Model != "" {
		text = fmt.Sprintf("the file names the model %s, but --model %s is asked", strings.Join(named, ", "), model)
	}
	j.Printer.Notice("model", text, "named", named)
}

// untilDone yields questions until ctx is done, and notes the lines of those
// that are skipped.
func untilDone(ctx context.Context, questions iter.Seq2[batch.Question, error], skipped *[]string) iter.Seq2[batch.Question, error] {
	return func(yield func(batch.Question, error) bool) {
		for q, err := range questions {
			if ctx.Err() != nil {
				yield(q, context.Cause(ctx))
				return
			}
			if q.Skip != "" {
				*skipped = append(*skipped, strconv.Itoa(q.Line))
			}
			if !yield(q, err) {
				return
			}
		}
	}
}

// reuse names the checkpoints whose answers a run takes over: those of --reuse,
// which must be of the same service, and all others in the checkpoint's folder.
func (o *Options) reuse(endpoint string) (named, others []string, err error) {
	switch {
	case postgres.Is(o.Checkpoint) && len(o.Reuse) > 0:
		return nil, nil, exit.Unsent(exit.Usage(errors.New("--reuse takes over the answers in a file, and the checkpoint is a database"), "what any batch there has answered is taken over by itself"))
	case postgres.Is(o.Checkpoint) && o.NoReuse:
		return nil, nil, exit.Unsent(exit.Usage(errors.New("--no-reuse asks again what others have paid for, and in a database an answer is that of every batch"), "leave it out"))
	case o.NoReuse || postgres.Is(o.Checkpoint):
		return nil, nil, nil
	}
	for _, path := range o.Reuse {
		if err := checkReused(path, endpoint); err != nil {
			return nil, nil, exit.Usage(fmt.Errorf("--reuse: %w; nothing was sent", err), "name the checkpoint of a run, such as --reuse old/questions.csv.bizbatch")
		}
	}
	return o.Reuse, neighbours(o.Checkpoint), nil
}

func checkReused(path, endpoint string) error {
	store, err := checkpoint.Peek(path)
	if err != nil {
		return err
	}
	defer store.Close()
	have, err := store.Endpoint()
	if err == nil && have != endpoint {
		err = &checkpoint.EndpointError{Path: path, Have: have, Want: endpoint}
	}
	return err
}
