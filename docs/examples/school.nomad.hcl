# The chat of one school under Nomad: one job a school, on the host that has the school's data.
#
#     nomad job run -var school=linden -var address=192.168.10.5 -var subnet=10.77.10 \
#         -var image=localhost/schoolchat:0.1.0 school.nomad.hcl

variable "school" {
  type = string
}

variable "address" {
  type = string
}

variable "subnet" {
  type = string
}

variable "image" {
  type = string
}

job "school" {
  id          = "school-${var.school}"
  name        = "school-${var.school}"
  datacenters = ["*"]
  type        = "service"

  # Data does not wander: the host is the one whose client.meta says `school_NAME = "here"`.
  constraint {
    attribute = "$${meta.school_${var.school}}"
    value     = "here"
  }

  group "chat" {
    # Never two: there is one data folder.
    count = 1

    # Up for half a minute, or the image before it comes back.
    update {
      max_parallel     = 1
      health_check     = "task_states"
      min_healthy_time = "30s"
      healthy_deadline = "3m"
      auto_revert      = true
    }

    restart {
      attempts = 10
      interval = "10m"
      delay    = "5s"
      mode     = "delay"
    }

    task "xmppd" {
      # podman does the isolating; the client's `plugin "raw_exec"` has to be enabled for this.
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "20s"

      config {
        command = "/usr/local/libexec/schools/school.sh"
        args    = [var.school, var.address, var.subnet, var.image]
      }

      resources {
        cpu    = 200
        memory = 256
      }
    }
  }
}
