//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

func question(i int) string {
	return fmt.Sprintf("Question %d: how is this situation of a client, with this and that and a few details more, taxed in %d?", i, 1990+i%35)
}

// newQuestions writes a file of n questions that nobody has asked.
func (b *bench) newQuestions(name string, n int) error {
	if err := os.Remove(b.path(name + ".bizbatch")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.Create(b.path(name))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,client,question")
	for i := range n {
		fmt.Fprintf(w, "%d,Client %d,\"%s\"\n", i+1, i%5000, question(i))
	}
	return errors.Join(w.Flush(), f.Close())
}
