package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bizbatch/checkpoint"
)

// reuse names the checkpoints whose answers a run takes over: those of --reuse,
// which must be of the same service, and all others in the checkpoint's folder.
func (c *runCmd) reuse(endpoint string) (named, others []string, err error) {
	if c.NoReuse {
		return nil, nil, nil
	}
	for _, path := range c.Reuse {
		if err := checkReused(path, endpoint); err != nil {
			return nil, nil, usageError(fmt.Errorf("--reuse: %w; nothing was sent", err), "name the checkpoint of a run, such as --reuse old/questions.csv.bizbatch")
		}
	}
	return c.Reuse, neighbours(c.Checkpoint), nil
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

// neighbours are the other checkpoints in a checkpoint's folder.
func neighbours(path string) (others []string) {
	dir := filepath.Dir(path)
	files, _ := os.ReadDir(dir) // what cannot be listed holds nothing for us
	for _, f := range files {
		other := filepath.Join(dir, f.Name())
		if strings.HasSuffix(f.Name(), ".bizbatch") && !sameFile(other, path) {
			others = append(others, other)
		}
	}
	return others
}

// reusedAnswers counts the answers that other checkpoints paid for.
func reusedAnswers(list []checkpoint.Reused) (n int) {
	for _, r := range list {
		n += r.Answers
	}
	return n
}
