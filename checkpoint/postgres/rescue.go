package postgres

import (
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/keys"
	"bizbatch/checkpoint/internal/millis"
	"bizbatch/checkpoint/internal/rescue"
)

// rescuePlace returns where answers go that could not be saved: into one file in the
// home folder, or else in the temporary folder. The batch is known there by what the
// database is, and not by its address.
func (s *Store) rescuePlace() rescue.Place {
	return rescue.Place{Checkpoint: fmt.Sprintf("%s/%d", s.identity, s.batch), LastResort: s.opts.LastResort}
}

// rescued returns an answer as a line of a rescue file.
func (s *Store) rescued(key keys.Key, c checkpoint.Completion) rescue.Line {
	return rescue.Line{
		Checkpoint: s.name, Endpoint: s.endpoint, Key: hex.EncodeToString(key[:]), Answer: c.Answer, Label: c.Label,
		Attempts: c.Attempts, Cost: c.Cost, Started: c.Started, Finished: c.Finished, Unfit: c.Unfit,
	}
}

// completion returns the answer of a line of a rescue file.
func completion(l rescue.Line) checkpoint.Completion {
	return checkpoint.Completion{Answer: l.Answer, Label: l.Label, Attempts: l.Attempts, Cost: l.Cost, Started: l.Started, Finished: l.Finished, Unfit: l.Unfit}
}

// RescueWaiting writes all answers that wait to be saved to the rescue file, with
// one sync. Call it before the process exits without waiting for End.
func (s *Store) RescueWaiting() {
	if r := s.begun.Load(); r != nil {
		r.rescue.PutWaiting()
	}
}

// saveRescued tries again to save the answers that are in the file.
func (r *run) saveRescued() error {
	return r.unsaved(r.rescue.SaveAgain(func(id int64, line rescue.Line) error {
		return r.save("save an answer", id, nil, func(d db) error { return r.complete(d, id, completion(line)) })
	}, failsAlone))
}

// unsaved returns the error for the answers that are not in the database, if err is
// why they could not be saved.
func (r *run) unsaved(err error) error {
	if err == nil {
		return nil
	}
	file, answers, printed := r.rescue.Unsaved()
	return &checkpoint.UnsavedError{File: file, Answers: answers, Printed: printed, Err: err}
}

// takeRescued saves the answers of earlier runs' rescue files, within a transaction.
func (im *importer) takeRescued() (err error) {
	im.rescueFiles, err = im.s.rescuePlace().TakeIn(false, im.keepRescued)
	return err
}

// keepRescued saves one answer. The error is pgx.ErrNoRows if its request is not
// known.
func (im *importer) keepRescued(line rescue.Line) error {
	var id, batch, run int64
	var done bool
	key := line.SHA()
	err := im.d.get(`SELECT q.id, q.state = 'answered' AND q.started >= $3, coalesce(f.batch, u.batch, q.batch), coalesce(f.run, u.run, q.run) FROM requests q
		LEFT JOIN refreshing f ON f.request = q.id AND f.started = $3 LEFT JOIN uncertain u ON u.request = q.id AND u.started = $3 AND u.finished = 0
		WHERE q.service = (SELECT id FROM services WHERE endpoint = $1) AND q.key = $2`,
		[]any{line.Endpoint, key[:], millis.Of(line.Started)}, &id, &done, &batch, &run)
	if err != nil || done {
		return err
	}
	im.plan.Rescued++
	if err := replace(im.d, id, 0, line.Started); err != nil {
		return err
	}
	// It was in flight when the save failed; now it is known what came of it.
	if _, err := complete(im.d, id, batch, run, completion(line)); err != nil {
		return err
	}
	_, err = im.d.exec(outdateBy+"($1)", []int64{id})
	return err
}

// rescuedIDs returns the requests without an answer, or with an older one, whose
// answers are in this batch's rescue files, with the time at which they were sent (milliseconds since
// 1970).
func (s *Store) rescuedIDs() (map[int64]int64, error) {
	ids, started := map[int64]int64{}, map[keys.Key]int64{}
	var list [][]byte
	var sent []int64
	for line := range s.rescuePlace().Lines() {
		key := line.SHA()
		list, sent, started[key] = append(list, key[:]), append(sent, millis.Of(line.Started)), millis.Of(line.Started)
	}
	if len(list) == 0 {
		return ids, nil
	}
	err := s.each("what was rescued", func(rows pgx.Rows) (bool, error) {
		var id int64
		var key []byte
		err := rows.Scan(&id, &key)
		if err == nil {
			ids[id] = started[keys.Key(key)]
		}
		return true, err
	}, `SELECT q.id, q.key FROM unnest($2::bytea[], $3::bigint[]) AS list (key, sent) JOIN requests q ON q.service = $1 AND q.key = list.key
		WHERE q.state <> 'answered' OR q.started < list.sent`, s.service, list, sent)
	return ids, err
}
