package postgres

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// AddReviews keeps what people wrote. A row's last review is the one that
// Results gives; the others stay, for Reviews.
func (s *Store) AddReviews(reviews []checkpoint.Review, origin string, now time.Time) error {
	err := s.write(func(d db) error {
		for _, v := range reviews {
			_, err := d.exec(`INSERT INTO reviews (batch, subject, row, taken, origin, fields, value)
				SELECT r.batch, coalesce(q.subject, 0), r.id, $2, $3, r.fields, $4 FROM rows r LEFT JOIN requests q ON q.id = r.request
				WHERE r.batch = $1 AND r.position = $5`, s.batch, millis.Of(now), text(origin), v.Value, v.Position)
			if err != nil {
				return err
			}
		}
		return s.outdate(d)
	})
	if err != nil {
		return fmt.Errorf("write reviews to %s: %w", s.name, err)
	}
	return nil
}

// Reviews returns all that was ever written beside a row of the last input, with
// its number, oldest first.
func (s *Store) Reviews(position int64) (values [][]byte, last int64, err error) {
	err = s.each("reviews", func(rows pgx.Rows) (bool, error) {
		var value []byte
		err := rows.Scan(&last, &value)
		values = append(values, value)
		return true, err
	}, `SELECT v.id, v.value FROM rows r LEFT JOIN requests q ON q.id = r.request JOIN reviews v ON `+reviewsOf+`
		WHERE r.batch = $1 AND r.position = $2 ORDER BY v.fields = r.fields, v.id`, s.batch, position)
	return values, last, err
}

// reviewsOf are the reviews of a row: those of the same question beside the same
// fields, wherever the row stands now, else beside the same id. lastReview is the
// one that counts.
const (
	reviewsOf  = `v.batch = r.batch AND v.subject = coalesce(q.subject, 0) AND (v.fields = r.fields OR v.row = r.id)`
	lastReview = `(SELECT v.value FROM reviews v WHERE ` + reviewsOf + ` ORDER BY v.fields = r.fields DESC, v.id DESC LIMIT 1)`
)

// LastReview returns the number of the review that was kept last; 0: there is none.
func (s *Store) LastReview() (n int64, err error) {
	if err = s.db().get("SELECT coalesce(max(id), 0) FROM reviews WHERE batch = $1", []any{s.batch}, &n); err != nil {
		err = fmt.Errorf("read reviews from %s: %w", s.name, away(err))
	}
	return n, err
}
