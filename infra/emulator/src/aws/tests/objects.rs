//! S3's versions, markers, keys and parts.

use aws_sdk_s3::{
    Client,
    operation::list_object_versions::ListObjectVersionsOutput,
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier},
};

use super::*;

const BUCKET: &str = "documents";

async fn bucket() -> (Aws, Client) {
    let aws = stack(&json!([])).await;
    let s3 = clients(&aws, OPERATOR).await.s3;
    (aws, s3)
}

/// Puts an object and gives the id of its version.
async fn put(s3: &Client, key: &str, body: &str) -> String {
    let put = s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from(body.as_bytes().to_vec()));
    put.send().await.unwrap().version_id().unwrap().to_owned()
}

async fn body(s3: &Client, key: &str, version: Option<&str>) -> String {
    let get = s3.get_object().bucket(BUCKET).key(key).set_version_id(version.map(str::to_owned));
    let body = get.send().await.unwrap().body.collect().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn keys(s3: &Client) -> Vec<String> {
    let listed = s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

/// Versions and markers of a page as `key version-or-marker`, with a star at each key's newest.
fn shown(page: &ListObjectVersionsOutput) -> (Vec<String>, Vec<String>) {
    let star = |is_latest: Option<bool>| if is_latest == Some(true) { "*" } else { "" };
    let versions = page.versions().iter();
    let versions =
        versions.map(|one| format!("{} {}{}", one.key().unwrap(), one.version_id().unwrap(), star(one.is_latest())));
    let markers = page.delete_markers().iter();
    let markers =
        markers.map(|one| format!("{} {}{}", one.key().unwrap(), one.version_id().unwrap(), star(one.is_latest())));
    (versions.collect(), markers.collect())
}

#[tokio::test]
async fn a_put_keeps_the_version_before_it_and_a_delete_hides_them() {
    let (_aws, s3) = bucket().await;
    let (first, second) = (put(&s3, "a", "first").await, put(&s3, "a", "second").await);
    assert_ne!(first, second);
    assert_eq!(body(&s3, "a", None).await, "second");
    assert_eq!(body(&s3, "a", Some(&first)).await, "first");

    let deleted = s3.delete_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().unwrap().to_owned();
    let missing = s3.get_object().bucket(BUCKET).key("a").send().await.unwrap_err();
    let headers = missing.raw_response().unwrap().headers();
    assert_eq!(
        (headers.get("x-amz-delete-marker"), headers.get("x-amz-version-id")),
        (Some("true"), Some(marker.as_str()))
    );
    assert!(missing.into_service_error().is_no_such_key());
    let missing = s3.head_object().bucket(BUCKET).key("a").send().await.unwrap_err();
    let response = missing.raw_response().unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("x-amz-delete-marker")), (404, Some("true")));
    assert_eq!(body(&s3, "a", Some(&first)).await, "first");
    let of_marker = s3.get_object().bucket(BUCKET).key("a").version_id(&marker).send().await.unwrap_err();
    assert_eq!(of_marker.raw_response().unwrap().status().as_u16(), 405);
    assert!(keys(&s3).await.is_empty());

    let page = s3.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert_eq!(shown(&page), (vec![format!("a {second}"), format!("a {first}")], vec![format!("a {marker}*")]));

    let removed = s3.delete_object().bucket(BUCKET).key("a").version_id(&marker).send().await.unwrap();
    assert_eq!((removed.delete_marker(), removed.version_id()), (Some(true), Some(marker.as_str())));
    assert_eq!(body(&s3, "a", None).await, "second");
    let removed = s3.delete_object().bucket(BUCKET).key("a").version_id(&second).send().await.unwrap();
    assert_eq!((removed.delete_marker(), removed.version_id()), (None, Some(second.as_str())));
    assert_eq!(body(&s3, "a", None).await, "first");
    let gone = s3.get_object().bucket(BUCKET).key("a").version_id(&second).send().await.unwrap_err();
    assert_eq!(gone.into_service_error().meta().code(), Some("NoSuchVersion"));
}

#[tokio::test]
async fn many_are_deleted_at_once_with_and_without_their_versions() {
    let (_aws, s3) = bucket().await;
    let version = put(&s3, "a", "x").await;
    put(&s3, "b", "x").await;
    let identifier = |key: &str, version: Option<&str>| {
        ObjectIdentifier::builder().key(key).set_version_id(version.map(str::to_owned)).build().unwrap()
    };
    let objects = Delete::builder().objects(identifier("a", Some(&version))).objects(identifier("b", None));
    let deleted = s3.delete_objects().bucket(BUCKET).delete(objects.build().unwrap()).send().await.unwrap();
    let [a, b] = deleted.deleted() else { panic!("{deleted:?}") };
    assert_eq!((a.version_id(), a.delete_marker()), (Some(version.as_str()), None));
    assert_eq!((b.version_id(), b.delete_marker()), (None, Some(true)));
    let page = s3.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert_eq!(shown(&page).1, [format!("b {}*", b.delete_marker_version_id().unwrap())]);
    let (versions, markers) = (page.versions(), page.delete_markers());
    assert_eq!((versions.len(), versions[0].key(), markers[0].key()), (1, Some("b"), Some("b")));
}

#[tokio::test]
async fn a_thousand_versions_and_more_are_listed_in_pages_that_outlive_their_markers() {
    let (_aws, s3) = bucket().await;
    let mut expected = Vec::new();
    for key in ["p/1", "p/2", "p/3"] {
        for _ in 0..400 {
            put(&s3, key, "").await;
        }
        s3.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
        expected.extend(vec![key; 401]);
    }
    put(&s3, "q", "").await;
    let first = s3.list_object_versions().bucket(BUCKET).prefix("p/").send().await.unwrap();
    assert_eq!((first.versions().len() + first.delete_markers().len(), first.is_truncated()), (1000, Some(true)));
    let (key, version) = (first.next_key_marker().unwrap(), first.next_version_id_marker().unwrap());
    let last = first.versions().last().unwrap();
    assert_eq!((last.key(), last.version_id()), (Some(key), Some(version)));

    // Whoever deletes while listing goes on after what is gone.
    s3.delete_object().bucket(BUCKET).key(key).version_id(version).send().await.unwrap();
    let rest = s3.list_object_versions().bucket(BUCKET).prefix("p/").key_marker(key).version_id_marker(version);
    let rest = rest.send().await.unwrap();
    assert_eq!((rest.versions().len() + rest.delete_markers().len(), rest.is_truncated()), (203, Some(false)));
    assert_eq!((rest.next_key_marker(), rest.next_version_id_marker()), (None, None));
    let times = rest.versions().iter().map(|version| version.last_modified().unwrap().secs());
    assert!(times.collect::<Vec<_>>().is_sorted_by(|newer, older| newer >= older));

    let after_a_key = s3.list_object_versions().bucket(BUCKET).prefix("p/").key_marker("p/2").send().await.unwrap();
    assert_eq!(after_a_key.versions().iter().filter(|version| version.key() == Some("p/3")).count(), 400 - 1);
    assert_eq!(after_a_key.versions().len() + after_a_key.delete_markers().len(), 400);
    let without_key = s3.list_object_versions().bucket(BUCKET).version_id_marker(version).send().await.unwrap_err();
    assert_eq!(without_key.into_service_error().meta().code(), Some("InvalidArgument"));

    let (mut pages, mut found) = (0, Vec::new());
    let mut marker = (None, None);
    loop {
        let page = s3.list_object_versions().bucket(BUCKET).prefix("p/").max_keys(300);
        let page = page.set_key_marker(marker.0).set_version_id_marker(marker.1).send().await.unwrap();
        found.extend(page.versions().iter().map(|version| version.version_id().unwrap().to_owned()));
        pages += 1;
        marker = (page.next_key_marker().map(str::to_owned), page.next_version_id_marker().map(str::to_owned));
        if page.is_truncated() != Some(true) {
            break;
        }
    }
    assert_eq!((pages, found.len()), (5, 1199));
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 1199, "no version is listed twice");
}

/// Keys that a file system would confuse, or not take.
fn difficult_keys() -> Vec<String> {
    let mut keys: Vec<String> =
        ["a", "a/", "a/b", "a//b", "x//y", "../up", "a/../b", "a/.", "/lead", "ü & <3>?#%20+", "c:\\d"]
            .map(str::to_owned)
            .into();
    keys.extend([300, 1024].map(|length| "k".repeat(length)));
    keys.push(format!("{}/{}", "d".repeat(300), "e".repeat(300)));
    keys.sort();
    keys
}

#[tokio::test]
async fn every_key_is_an_object_of_its_own_and_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || {
        let aws = Aws::start(Some(folder.path())).await.unwrap();
        aws.s3.create_bucket(BUCKET, &json!({ "VersioningConfiguration": { "Status": "Enabled" } })).unwrap();
        let s3 = clients(&aws, OPERATOR).await.s3;
        (aws, s3)
    };
    let (aws, s3) = open().await;
    let mut replaced = Vec::new();
    for key in difficult_keys() {
        replaced.push(put(&s3, &key, "old").await);
        put(&s3, &key, &key).await;
    }
    let deleted = s3.delete_object().bucket(BUCKET).key("gone").send().await.unwrap();
    drop((aws, s3));

    let (_aws, s3) = open().await;
    assert_eq!(keys(&s3).await, difficult_keys());
    for (key, replaced) in difficult_keys().iter().zip(&replaced) {
        assert_eq!(body(&s3, key, None).await, *key);
        assert_eq!(body(&s3, key, Some(replaced)).await, "old", "{key}");
    }
    let page = s3.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert_eq!((page.versions().len(), page.delete_markers().len()), (2 * replaced.len(), 1));
    assert_eq!(page.delete_markers()[0].version_id(), deleted.version_id());
    let newer = put(&s3, "a", "newer").await;
    let page = s3.list_object_versions().bucket(BUCKET).prefix("a").max_keys(1).send().await.unwrap();
    assert_eq!(shown(&page).0, [format!("a {newer}*")]);
    let too_long = s3.put_object().bucket(BUCKET).key("k".repeat(1025)).send().await.unwrap_err();
    assert_eq!(too_long.raw_response().unwrap().status().as_u16(), 400);
}

#[tokio::test]
async fn a_delimiter_rolls_keys_up_and_pages_go_on_after_what_was_rolled_up() {
    let (_aws, s3) = bucket().await;
    for key in ["a/1", "a/2", "b", "c/1", "d e"] {
        put(&s3, key, "").await;
    }
    let list = || s3.list_objects_v2().bucket(BUCKET).delimiter("/").max_keys(2);
    let mut seen = Vec::new();
    let mut token = None;
    loop {
        let page = list().set_continuation_token(token).send().await.unwrap();
        seen.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
        seen.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        token = page.next_continuation_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["a/", "b", "c/", "d e"]);
    let page =
        s3.list_object_versions().bucket(BUCKET).delimiter("/").key_marker("a/").max_keys(1).send().await.unwrap();
    assert_eq!((page.versions()[0].key(), page.next_key_marker()), (Some("b"), Some("b")));
    let encoded = s3.list_objects_v2().bucket(BUCKET).prefix("d").encoding_type("url".into()).send().await.unwrap();
    assert_eq!(encoded.contents()[0].key(), Some("d%20e"));
}

#[tokio::test]
async fn a_large_object_arrives_in_parts() {
    let (_aws, s3) = bucket().await;
    let create = || s3.create_multipart_upload().bucket(BUCKET).key("large").content_type("application/pdf");
    let id = create().send().await.unwrap().upload_id().unwrap().to_owned();
    let parts = [vec![b'a'; 5 * 1024 * 1024], vec![b'b'; 5 * 1024 * 1024], vec![b'c'; 10]];
    let upload = async |number: i32, body: &[u8], id: &str| {
        let part = s3.upload_part().bucket(BUCKET).key("large").upload_id(id).part_number(number);
        part.body(ByteStream::from(body.to_vec())).send().await.map(|part| part.e_tag().unwrap().to_owned())
    };
    let mut completed = Vec::new();
    for (number, part) in (1..).zip(&parts) {
        let e_tag = upload(number, part, &id).await.unwrap();
        completed.push(CompletedPart::builder().part_number(number).e_tag(e_tag).build());
    }
    let listed = s3.list_parts().bucket(BUCKET).key("large").upload_id(&id).max_parts(2).send().await.unwrap();
    assert_eq!(
        (listed.parts().len(), listed.is_truncated(), listed.next_part_number_marker()),
        (2, Some(true), Some("2"))
    );
    assert!(keys(&s3).await.is_empty());

    let complete = async |parts: Vec<CompletedPart>, id: &str| {
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        s3.complete_multipart_upload().bucket(BUCKET).key("large").upload_id(id).multipart_upload(upload).send().await
    };
    let backwards = completed.iter().rev().cloned().collect();
    let refused = complete(backwards, &id).await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("InvalidPartOrder"));
    let done = complete(completed.clone(), &id).await.unwrap();
    assert!(done.version_id().is_some() && done.e_tag().unwrap().ends_with("-3\""), "{done:?}");
    let head = s3.head_object().bucket(BUCKET).key("large").send().await.unwrap();
    assert_eq!((head.content_length(), head.content_type()), (Some(10 * 1024 * 1024 + 10), Some("application/pdf")));
    assert_eq!(body(&s3, "large", None).await.as_bytes(), parts.concat());

    let id = create().send().await.unwrap().upload_id().unwrap().to_owned();
    let copy = s3.upload_part_copy().bucket(BUCKET).key("large").upload_id(&id).part_number(1);
    let copy = copy.copy_source(format!("{BUCKET}/large")).copy_source_range("bytes=5242878-5242881").send().await;
    let e_tag = copy.unwrap().copy_part_result.unwrap().e_tag.unwrap();
    complete(vec![CompletedPart::builder().part_number(1).e_tag(e_tag).build()], &id).await.unwrap();
    assert_eq!(body(&s3, "large", None).await, "aabb");

    let id = create().send().await.unwrap().upload_id().unwrap().to_owned();
    upload(1, b"x", &id).await.unwrap();
    s3.abort_multipart_upload().bucket(BUCKET).key("large").upload_id(&id).send().await.unwrap();
    let refused = upload(2, b"x", &id).await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("NoSuchUpload"));
}

#[tokio::test]
async fn a_function_that_may_put_objects_may_put_them_in_parts() {
    let aws = stack(&json!([
        { "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::documents/in/*" },
    ]))
    .await;
    let s3 = clients(&aws, FUNCTION_KEY).await.s3;
    let create = |key: &str| s3.create_multipart_upload().bucket(BUCKET).key(key).send();
    let upload = create("in/a").await.unwrap();
    assert_eq!(create("out/a").await.unwrap_err().into_service_error().meta().code(), Some("AccessDenied"));
    let abort = s3.abort_multipart_upload().bucket(BUCKET).key("in/a").upload_id(upload.upload_id().unwrap());
    assert_eq!(abort.send().await.unwrap_err().into_service_error().meta().code(), Some("AccessDenied"));
    let actions: Vec<_> = aws.calls.all().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["CreateMultipartUpload", "CreateMultipartUpload", "AbortMultipartUpload"]);
}

#[tokio::test]
async fn a_part_of_an_object_and_one_that_has_not_changed_are_answered_as_asked() {
    let (_aws, s3) = bucket().await;
    put(&s3, "a", "0123456789").await;
    let get = || s3.get_object().bucket(BUCKET).key("a");
    for (range, content_range, expected) in
        [("bytes=2-4", "bytes 2-4/10", "234"), ("bytes=8-", "bytes 8-9/10", "89"), ("bytes=-3", "bytes 7-9/10", "789")]
    {
        let part = get().range(range).send().await.unwrap();
        assert_eq!((part.content_range(), part.content_length()), (Some(content_range), Some(expected.len() as i64)));
        assert_eq!(part.body.collect().await.unwrap().to_vec(), expected.as_bytes());
    }
    let status = |error: &aws_sdk_s3::error::SdkError<_>| error.raw_response().unwrap().status().as_u16();
    assert_eq!(status(&get().range("bytes=10-").send().await.unwrap_err()), 416);
    let head = s3.head_object().bucket(BUCKET).key("a").send().await.unwrap();
    let (e_tag, modified) = (head.e_tag().unwrap(), *head.last_modified().unwrap());
    assert_eq!(status(&get().if_none_match(e_tag).send().await.unwrap_err()), 304);
    assert_eq!(status(&get().if_modified_since(modified).send().await.unwrap_err()), 304);
    assert_eq!(status(&get().if_match("\"other\"").send().await.unwrap_err()), 412);
    assert!(get().if_match(e_tag).if_unmodified_since(modified).send().await.is_ok());

    let only_new = s3.put_object().bucket(BUCKET).key("a").if_none_match("*").send().await.unwrap_err();
    assert_eq!(only_new.raw_response().unwrap().status().as_u16(), 412);
    let damaged = s3.put_object().bucket(BUCKET).key("b").checksum_algorithm(ChecksumAlgorithm::Sha256);
    let damaged = damaged.checksum_sha256("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let damaged = damaged.body(ByteStream::from_static(b"not empty")).send().await.unwrap_err();
    assert_eq!(damaged.into_service_error().meta().code(), Some("BadDigest"));
}

#[tokio::test]
async fn a_copy_takes_one_version_and_its_attributes() {
    let (_aws, s3) = bucket().await;
    let put_first = s3.put_object().bucket(BUCKET).key("a").content_type("application/pdf").metadata("who", "ana");
    let first = put_first.body(ByteStream::from_static(b"first")).send().await.unwrap();
    put(&s3, "a", "second").await;
    let source = format!("{BUCKET}/a?versionId={}", first.version_id().unwrap());
    s3.copy_object().bucket(BUCKET).key("b").copy_source(source).send().await.unwrap();
    assert_eq!(body(&s3, "b", None).await, "first");
    let head = s3.head_object().bucket(BUCKET).key("b").send().await.unwrap();
    assert_eq!((head.content_type(), head.metadata().unwrap()["who"].as_str()), (Some("application/pdf"), "ana"));
}

#[tokio::test]
async fn a_bucket_without_versioning_keeps_one_version_named_null() {
    let (aws, s3) = bucket().await;
    aws.s3.create_bucket("plain", &json!({})).unwrap();
    for text in ["old", "new"] {
        let put = s3.put_object().bucket("plain").key("a").body(ByteStream::from_static(text.as_bytes()));
        assert_eq!(put.send().await.unwrap().version_id(), None);
    }
    let page = s3.list_object_versions().bucket("plain").send().await.unwrap();
    assert_eq!(shown(&page), (vec!["a null*".to_owned()], Vec::new()));
    let deleted = s3.delete_object().bucket("plain").key("a").send().await.unwrap();
    assert_eq!((deleted.delete_marker(), deleted.version_id()), (None, None));
    let page = s3.list_object_versions().bucket("plain").send().await.unwrap();
    assert_eq!(shown(&page), (Vec::new(), Vec::new()));
    let suspended = aws.s3.create_bucket("once", &json!({ "VersioningConfiguration": { "Status": "Suspended" } }));
    assert!(suspended.unwrap_err().to_string().contains("Suspended"));
}
