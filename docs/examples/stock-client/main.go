// A client of the log that is none of ours: golang.org/x/mod/sumdb (which the Go checksum database uses) and
// github.com/transparency-dev/formats for witnesses' keys. See docs/auditor.md.
//
//	go run . URL LOG-KEY [WITNESS-KEY ...]
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	witness "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func get(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return body, err
}

// tiles fetches tiles; tlog's paths name the height, which C2SP tlog-tiles fixes at 8.
type tiles struct {
	url  string
	kept map[string][]byte
}

func (t *tiles) Height() int { return height }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, known := t.kept[tile.Path()]
		if !known {
			var err error
			if data, err = get(t.url + "/tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")); err != nil {
				return nil, err
			}
		}
		found = append(found, data)
	}
	return found, nil
}

// SaveTiles is given tiles that lead to the checkpoint's root.
func (t *tiles) SaveTiles(verified []tlog.Tile, data [][]byte) {
	for at, tile := range verified {
		t.kept[tile.Path()] = data[at]
	}
}

// noteOf is the signed note in an answer of /v1/log/checkpoints/{size}.
func noteOf(answer []byte) string {
	var document struct{ Note string }
	check(json.Unmarshal(answer, &document))
	return document.Note
}

// tree reads a checkpoint: origin, size and root.
func tree(text string) (tlog.Tree, string) {
	lines := strings.Split(text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, lines[0]
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: stock-client URL LOG-KEY [WITNESS-KEY ...]")
	}
	url := os.Args[1]
	logKey, err := note.NewVerifier(os.Args[2])
	check(err)
	keys := []note.Verifier{logKey}
	for _, text := range os.Args[3:] {
		key, err := witness.NewVerifierForCosignatureV1(text)
		check(err)
		keys = append(keys, key)
	}

	signed, err := get(url + "/checkpoint")
	check(err)
	opened, err := note.Open(signed, note.VerifierList(keys...))
	check(err)
	newest, origin := tree(opened.Text)
	if origin != logKey.Name() {
		log.Fatalf("origin %s is not the key's name", origin)
	}
	fmt.Printf("checkpoint of size %d, %d of %d keys have signed it\n", newest.N, len(opened.Sigs), len(keys))

	source := &tiles{url: url, kept: map[string][]byte{}}
	reader := tlog.TileHashReader(newest, source)
	for index := int64(0); index < newest.N; index += 256 {
		bundle, width := index/256, min(256, newest.N-index)
		name := tlog.Tile{H: height, L: 0, N: bundle, W: int(width)}.Path()
		entries, err := get(url + "/tile/entries/" + strings.TrimPrefix(name, "tile/8/0/"))
		check(err)
		for at := index; at < index+width; at++ {
			length := binary.BigEndian.Uint16(entries)
			leaf := tlog.RecordHash(entries[2 : 2+length])
			entries = entries[2+length:]
			proof, err := tlog.ProveRecord(newest.N, at, reader)
			check(err)
			check(tlog.CheckRecord(proof, newest.N, newest.Hash, at, leaf))
		}
		if len(entries) != 0 {
			log.Fatalf("%d bytes are left of entry bundle %d", len(entries), bundle)
		}
	}
	fmt.Printf("%d entries hash to leaves that are in the tree, by %d tiles\n", newest.N, len(source.kept))

	for old := int64(1); old <= newest.N; old++ {
		data, err := get(fmt.Sprintf("%s/v1/log/checkpoints/%d", url, old))
		if err != nil {
			continue // not every size is published
		}
		older, err := note.Open([]byte(noteOf(data)), note.VerifierList(logKey))
		check(err)
		before, _ := tree(older.Text)
		proof, err := tlog.ProveTree(newest.N, before.N, reader)
		check(err)
		check(tlog.CheckTree(proof, newest.N, newest.Hash, before.N, before.Hash))
		fmt.Printf("checkpoint of size %d begins the log\n", before.N)
	}
}
