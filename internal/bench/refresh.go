//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// refresh measures the plan for a file that is answered, with and without --refresh,
// in turns; the median of the processor times counts.
func refresh(ctx context.Context, b *bench) error {
	if err := b.newQuestions("old.csv", b.most); err != nil {
		return err
	}
	t := newTable(fmt.Sprintf("refresh, %d answers", b.most), "to refresh", "plan without, CPU s", "plan with", "ratio")
	_, err := b.served(ctx, func(s *served) error {
		if _, err := b.bizbatch(ctx, s, "run", "old.csv", "--quiet", "--limit", "1"); err != nil {
			return err
		}
		for _, percent := range []int{0, 1, 100} {
			if err := b.answerAll("old.csv.bizbatch", percent); err != nil {
				return err
			}
			var without, with []usage
			for range 2*b.rounds + 1 {
				for flag, list := range map[string]*[]usage{"--quiet": &without, "--refresh=90d": &with} {
					u, err := b.bizbatch(ctx, s, "run", "old.csv", "--quiet", "--dry-run", flag)
					if err != nil {
						return err
					}
					*list = append(*list, u)
				}
			}
			m1, m2 := median(without).cpu.Seconds(), median(with).cpu.Seconds()
			t.row(fmt.Sprintf("%d %%", percent), number(m1), number(m2), number(m2/m1))
		}
		return nil
	}, "-shape", "short")
	if err != nil {
		return err
	}
	return t.print()
}

// answerAll gives every question the one answer that there is, so many percent of them
// long ago.
func (b *bench) answerAll(name string, old int) error {
	db, err := sql.Open("sqlite", "file:"+b.path(name))
	if err != nil {
		return err
	}
	const year = 365 * 24 * time.Hour
	now := time.Now()
	_, err = db.Exec(`INSERT OR IGNORE INTO answers SELECT q.id, a.crc, a.answer FROM requests q, (SELECT crc, answer FROM answers LIMIT 1) a;
		UPDATE requests SET state = 'answered', attempts = 1, run = 1, cost = 240000, started = iif(id % 100 < ?1, ?2, ?3) - id % 86400000, finished = started + 1000`,
		old, now.Add(-year).UnixMilli(), now.UnixMilli())
	return errors.Join(err, db.Close())
}
