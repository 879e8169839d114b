package checkpoint

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bizbatch/checkpoint/internal/millis"
)

// A Review is what people wrote beside a row of the last input.
type Review struct {
	Position int64  // of the row
	Value    []byte // the caller's
}

// AddReviews keeps what people wrote. A row's last review is the one that
// Results gives; the others stay, for Reviews. It works with View too, also
// beside a run.
func (s *Store) AddReviews(reviews []Review, origin string, now time.Time) error {
	add := func(conn *sql.Conn) error {
		for _, v := range reviews {
			_, err := conn.ExecContext(bg, `INSERT INTO reviews (subject, row, taken, origin, fields, value)
				SELECT coalesce(q.subject, 0), r.id, ?, ?, r.fields, ? FROM rows r LEFT JOIN requests q ON q.id = r.request WHERE r.position = ?`,
				millis.Of(now), origin, v.Value, v.Position)
			if err != nil {
				return err
			}
		}
		_, err := conn.ExecContext(bg, "DELETE FROM meta WHERE name >= ? AND name < ?", currentPrefix, currentEnd)
		return err
	}
	if s.writer != nil {
		return s.write(func() error { return add(s.writer) })
	}
	if err := s.beside(add); err != nil {
		return fmt.Errorf("write reviews to %s: %w", s.path, err)
	}
	return nil
}

// beside runs do in a transaction on a connection of its own.
func (s *Store) beside(do func(*sql.Conn) error) (err error) {
	db, err := sql.Open("sqlite", dsn(s.path, "rw", append(durable(Options{}), waiting(idleLockWait))...))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(bg, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := do(conn); err != nil {
		_, _ = conn.ExecContext(bg, "ROLLBACK") // the first error is told
		return err
	}
	_, err = conn.ExecContext(bg, "COMMIT")
	return err
}

// Reviews returns all that was ever written beside a row of the last input, with
// its number, oldest first.
func (s *Store) Reviews(position int64) (values [][]byte, last int64, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var value []byte
		err := rows.Scan(&last, &value)
		values = append(values, value)
		return true, err
	}, `SELECT v.id, v.value `+reviewsOf+` ORDER BY v.fields = r.fields, v.id`, position)
	if err != nil {
		return nil, 0, fmt.Errorf("read reviews from %s: %w", s.path, err)
	}
	return values, last, nil
}

// reviewsOf are the reviews of a row: those of the same question beside the same
// fields, wherever the row stands now, else beside the same id. lastReview is the
// one that counts.
const (
	reviewsOf = `FROM rows r LEFT JOIN requests q ON q.id = r.request JOIN reviews v
	ON v.subject = coalesce(q.subject, 0) AND (v.fields = r.fields OR v.row = r.id) WHERE r.position = ?`
	lastReview = `(SELECT v.value FROM reviews v WHERE v.subject = coalesce(q.subject, 0) AND (v.fields = r.fields OR v.row = r.id)
		ORDER BY v.fields = r.fields DESC, v.id DESC LIMIT 1)`
)

// LastReview returns the number of the review that was kept last; 0: there is none.
func (s *Store) LastReview() (n int64, err error) {
	if err = s.db.QueryRow("SELECT coalesce(max(id), 0) FROM reviews").Scan(&n); err != nil {
		err = fmt.Errorf("read reviews from %s: %w", s.path, err)
	}
	return n, err
}
