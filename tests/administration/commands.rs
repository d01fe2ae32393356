//! The commands of transcripts, carried out where the appliance is.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use jailbuild::{
    Error, Result,
    probe::client::ANSWER,
    runtime::{Act, Appliance, Stage},
};

use crate::{files, people::People, school::Order, transcript::Said};

/// Starts the appliance, and does what is typed, one after the other.
pub(crate) const PLAY: Act<Order, (), Vec<Said>> = Act { name: "play", perform: play };

fn play(stage: &Stage, order: &Order, _: &mut dyn FnMut(())) -> Result<Vec<Said>> {
    let mut scene = Scene { stage, order, appliance: None, people: People::of(order)? };
    scene.start()?;
    let said = order.commands.iter().map(|command| scene.carry_out(command)).collect();
    scene.stop()?;
    Ok(said)
}

/// What there is while a transcript plays.
struct Scene<'a> {
    stage: &'a Stage,
    order: &'a Order,
    appliance: Option<Box<dyn Appliance>>,
    people: People<'a>,
}

/// A command with where its input comes from and where what it says goes.
struct Typed {
    words: Vec<String>,
    input: Option<PathBuf>,
    output: Option<PathBuf>,
}

/// What a command says if it comes to an end, or why it fails.
type Spoken = std::result::Result<String, String>;

impl Scene<'_> {
    fn carry_out(&mut self, typed: &str) -> Said {
        let typed = Typed::parse(typed, self.order);
        let mut said = self.speak(&typed).unwrap_or_else(|why| Said { code: 1, text: why });
        if let Some(output) = &typed.output {
            fs::write(output, std::mem::take(&mut said.text)).expect("a file");
        }
        said
    }

    fn speak(&mut self, typed: &Typed) -> std::result::Result<Said, String> {
        let words: Vec<&str> = typed.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["jailbuild", arguments @ ..] => {
                self.jailbuild(arguments, typed).map_err(|error| error.to_string())
            }
            ["xmppd", arguments @ ..] => self.xmppd(arguments, typed),
            words => self.verb(words).map(|text| Said { code: 0, text }),
        }
    }

    fn verb(&mut self, words: &[&str]) -> Spoken {
        let path = |name: &str| self.order.folder.join(name);
        match words {
            ["appliance", "start"] => self.start().map(|()| String::new()).map_err(|error| error.to_string()),
            ["appliance", "stop"] => self.stop().map(|()| String::new()).map_err(|error| error.to_string()),
            ["cat", file] => files::text(&path(file)),
            ["copy", from, to] => files::copy(&path(from), &path(to)),
            ["same", one, other] => files::same(&path(one), &path(other)),
            ["kept", count] => self.kept(count),
            ["find", text, folder] => files::find(text, &path(folder)),
            ["flip", file] => files::flip(&path(file)),
            ["ls", folder] => files::list(&path(folder)),
            ["pdftext", file] => files::pdf_text(&path(file)),
            ["private", file] => files::make_private(&path(file)),
            ["specimens"] => files::specimens(&self.order.folder),
            ["shorten", file] => files::shorten(&path(file)),
            ["qr", file] => files::qr_codes(&path(file)),
            words => self.people.act(words),
        }
    }

    fn start(&mut self) -> Result<()> {
        self.appliance = Some(self.stage.runtime().start(&self.order.deployment)?);
        Ok(())
    }

    fn stop(&mut self) -> Result<()> {
        self.appliance.take().map_or(Ok(()), Appliance::stop)
    }

    /// The tool, as if at a terminal: what it prints and what it complains about are one.
    fn jailbuild(&self, arguments: &[&str], typed: &Typed) -> io::Result<Said> {
        let (mut ours, theirs) = io::pipe()?;
        let input = match &typed.input {
            Some(file) => Stdio::from(File::open(file)?),
            None => Stdio::null(),
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_jailbuild"));
        command
            .args(arguments)
            .current_dir(&self.order.folder)
            .env_remove("SOURCE_DATE_EPOCH")
            .env("JAILBUILD_SOCKET", self.order.deployment.data.join("control.sock"))
            .env("NO_COLOR", "1")
            .env("SUDO_USER", "escalus")
            .stdin(input)
            .stdout(theirs.try_clone()?)
            .stderr(theirs);
        let mut child = command.spawn()?;
        // It holds the other end of the pipe, whose end would not come.
        drop(command);
        let mut text = String::new();
        ours.read_to_string(&mut text)?;
        Ok(Said { code: child.wait()?.code().unwrap_or(-1), text })
    }

    fn kept(&self, count: &str) -> Spoken {
        let wanted = format!("\nxmppd_offline_messages {count}\n");
        let deadline = Instant::now() + ANSWER;
        while !self.xmppd(&["metrics"], &Typed::nothing())?.text.contains(&wanted) {
            if Instant::now() > deadline {
                return Err("there are more, or fewer".to_owned());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(String::new())
    }

    /// The daemon's own program, where it runs.
    fn xmppd(&self, arguments: &[&str], typed: &Typed) -> std::result::Result<Said, String> {
        let appliance = self.appliance.as_ref().ok_or("the appliance is not running")?;
        let input = typed.input.as_ref().map(|file| files::text(file)).transpose()?.unwrap_or_default();
        let arguments = [&["/usr/local/sbin/xmppd"], arguments].concat();
        let output =
            appliance.run_inside(&arguments, input.as_bytes()).map_err(|error: Error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        Ok(Said { code: output.code, text: text.into_owned() })
    }
}

impl Typed {
    fn nothing() -> Self {
        Self { words: Vec::new(), input: None, output: None }
    }

    fn parse(typed: &str, order: &Order) -> Self {
        let mut words = shlex::split(typed).expect("quotes come in pairs");
        let output = redirected(&mut words, ">").map(|name| order.folder.join(name));
        let input = redirected(&mut words, "<").map(|name| order.folder.join(name));
        Self { words, input, output }
    }
}

/// Takes `< FILE` or `> FILE` off the end.
fn redirected(words: &mut Vec<String>, sign: &str) -> Option<String> {
    let at = words.len().checked_sub(2)?;
    if words[at] != sign {
        return None;
    }
    let name = words.pop();
    words.pop();
    name
}
